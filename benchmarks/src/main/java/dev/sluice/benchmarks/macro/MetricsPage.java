package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** What Sluice tells about itself at one moment, in the text format of Prometheus. Immutable. */
record MetricsPage(String text) {
    /** The page of a Sluice that listens for such requests there. */
    static MetricsPage read(HostPort address) throws CommandFailure {
        try (InputStream in =
                URI.create("http://" + address + "/metrics").toURL().openStream()) {
            return new MetricsPage(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot read the metrics of Sluice at " + address + ": " + e.getMessage(), e);
        }
    }

    /** Bytes of the heap that are in use or not collected yet. */
    double heapBytes() throws CommandFailure {
        return value("jvm_memory_used_bytes{area=\"heap\"}");
    }

    /** Bytes outside of the heap for what is read and written. */
    double directBytes() throws CommandFailure {
        return value("sluice_buffer_memory_bytes");
    }

    private double value(String series) throws CommandFailure {
        for (String line : text.lines().toList()) {
            if (line.startsWith(series + " ")) {
                return Double.parseDouble(line.substring(series.length()).trim());
            }
        }
        throw new CommandFailure("the metrics of Sluice have no " + series);
    }
}
