package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a process takes from its start until it listens, and until it has answered a query. The shell that guards the
 * process is counted, too: some milliseconds. Confined to the main thread.
 */
record StartTurn(Servers servers, ProcFileSystem proc, CleanupStack cleanup) implements FreshTurn {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = Duration.ofMillis(2).toNanos();
    private static final byte[] QUERY = WireClient.query("SELECT 1");

    @Override
    public boolean takes(Target target) {
        return target.launcher().isPresent() && !target.tls();
    }

    @Override
    public Round run(Target target, int connections, Duration measured) throws CommandFailure {
        long start = System.nanoTime();
        try (Launched launched = target.launcher().orElseThrow().launch(cleanup)) {
            launched.process().awaitListening(launched.reads());
            long listening = System.nanoTime();
            awaitAnswer(launched, start);
            long answered = System.nanoTime();
            Map<Metric, Double> values = new EnumMap<>(Metric.class);
            values.put(Metric.LISTENING, (listening - start) / NANOS_PER_MILLI);
            values.put(Metric.FIRST_ANSWER, (answered - start) / NANOS_PER_MILLI);
            values.put(Metric.RESIDENT, proc.usage(launched.process().pid()).residentBytes() / Round.BYTES_PER_MB);
            return new Round(values);
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot look at " + target.name() + ": " + e.getMessage(), e);
        }
    }

    private void awaitAnswer(Launched launched, long start) throws CommandFailure {
        String problem;
        do {
            try (WireClient client = WireClient.connect(launched.reads(), servers.sysbench(), servers.database())) {
                client.run(QUERY);
                return;
            } catch (IOException notYet) {
                problem = notYet.getMessage();
            }
            LockSupport.parkNanos(POLL_NANOS);
        } while (System.nanoTime() - start < DEADLINE.toNanos());
        throw new CommandFailure("no answer after " + DEADLINE.toSeconds() + " s: " + problem + "; it said: "
                + launched.process().logTail());
    }
}
