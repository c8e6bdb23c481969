package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What one client of a {@link WireLoad} does: one call is what is timed. Confined to one thread at a time. */
interface WireWork extends AutoCloseable {
    /** Does it once and returns how many units that was. */
    double run() throws IOException;

    @Override
    void close() throws IOException;

    /** Connects, logs in, asks once, disconnects. Confined to one thread at a time. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Connecting(Servers servers, HostPort address, byte[] query) implements WireWork {
        @Override
        public double run() throws IOException {
            try (WireClient client = WireClient.connect(address, servers.sysbench(), servers.database())) {
                client.run(query);
            }
            return 1;
        }

        @Override
        public void close() {
            // Nothing lasts longer than a call.
        }
    }

    /** Reads large results over one connection. Confined to one thread at a time. */
    final class Reading implements WireWork {
        private static final int BUFFER_BYTES = 256 * 1024;

        private final Servers servers;
        private final HostPort address;
        private final byte[] query;
        private @Nullable WireClient client;

        Reading(Servers servers, HostPort address, byte[] query) {
            this.servers = servers;
            this.address = address;
            this.query = query;
        }

        @Override
        public double run() throws IOException {
            WireClient open = client;
            if (open == null) {
                open = WireClient.connect(address, servers.sysbench(), servers.database())
                        .withBuffer(BUFFER_BYTES);
                client = open;
            }
            return open.run(query) / Round.BYTES_PER_MB;
        }

        @Override
        public void close() throws IOException {
            WireClient open = client;
            if (open != null) {
                open.close();
            }
        }
    }
}
