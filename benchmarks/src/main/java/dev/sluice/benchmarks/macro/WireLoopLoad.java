package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Any number of {@link WireClient}s on one thread, each of which sends its next query when the last one is answered.
 * Confined to the main thread.
 */
final class WireLoopLoad implements Load {
    private static final int DIGITS = 3;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long SILENCE_MILLIS = 30_000;

    private final Servers servers;
    private final Script script;

    /** A load whose clients do what the script says. */
    WireLoopLoad(Servers servers, Script script) {
        this.servers = servers;
        this.script = script;
    }

    @Override
    public LoadResult run(Target target, int connections, Duration warmUp, Duration measured, Window window)
            throws CommandFailure, InterruptedException {
        List<Member> members = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (int number = 0; number < connections; number++) {
                HostPort address = target.reads().get(number % target.reads().size());
                WireClient client = WireClient.connect(address, servers.sysbench(), servers.database());
                Member member = new Member(client, script.prepare(client, number));
                members.add(member);
            }
            for (Member member : members) {
                member.client.register(selector).attach(member);
                member.send();
            }
            Histogram latency = new Histogram(DIGITS);
            long unused = serve(selector, warmUp, latency);
            latency.reset();
            window.opened();
            long start = System.nanoTime();
            long answers = serve(selector, measured, latency);
            double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
            window.closed();
            return new LoadResult(answers, seconds, Latency.ofNanos(latency));
        } catch (IOException e) {
            throw new CommandFailure(
                    1,
                    "%s: client %d of %d: %s".formatted(target.name(), members.size(), connections, e.getMessage()),
                    e);
        } finally {
            for (Member member : members) {
                close(member.client);
            }
        }
    }

    private static void close(WireClient client) throws CommandFailure {
        try {
            client.close();
        } catch (IOException e) {
            throw new CommandFailure("a client could not disconnect: " + e.getMessage());
        }
    }

    /** Answers every answer with the next query for that long; returns how many answers there were. */
    private static long serve(Selector selector, Duration time, Histogram latency) throws IOException {
        long end = System.nanoTime() + time.toNanos();
        long[] answers = {0};
        while (System.nanoTime() < end) {
            int ready = selector.select(SILENCE_MILLIS);
            if (ready == 0) {
                throw new IOException("no answer for " + SILENCE_MILLIS + " ms");
            }
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.attachment() instanceof Member member && member.client.receive()) {
                    latency.recordValue(System.nanoTime() - member.sentNanos);
                    answers[0]++;
                    member.send();
                }
            }
            selector.selectedKeys().clear();
        }
        return answers[0];
    }

    /** What clients say. Confined to the main thread. */
    interface Script {
        /** Prepares a client, which is connected, and returns what it sends. */
        Commands prepare(WireClient client, int number) throws IOException;
    }

    /** What one client says. Confined to the main thread. */
    interface Commands {
        /** The next command. */
        byte[] next();
    }

    /** One client. Confined to the main thread. */
    private static final class Member {
        private final WireClient client;
        private final Commands commands;
        private long sentNanos;

        Member(WireClient client, Commands commands) {
            this.client = client;
            this.commands = commands;
        }

        void send() throws IOException {
            byte[] command = commands.next();
            sentNanos = System.nanoTime();
            client.send(command);
        }
    }
}
