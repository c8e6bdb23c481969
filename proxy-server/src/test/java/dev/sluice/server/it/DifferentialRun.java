package dev.sluice.server.it;

import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_AUTOCOMMIT;
import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_IN_TRANS;
import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_IN_TRANS_READONLY;

import dev.sluice.protocol.ServerStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs scripts on a direct connection and through Sluice until they differ. Confined to one thread. */
final class DifferentialRun {
    private static final int TRANSACTION =
            SERVER_STATUS_IN_TRANS | SERVER_STATUS_IN_TRANS_READONLY | SERVER_STATUS_AUTOCOMMIT;
    private static final int ATTEMPTS_MAX = 200;

    private final int directPort;
    private final int proxiedPort;
    private final List<String> setUp;
    /** What Sluice said last about the transaction. */
    private int status;

    /** @param setUp what brings the data to where every script begins, whatever the script before has left */
    DifferentialRun(int directPort, int proxiedPort, List<String> setUp) {
        this.directPort = directPort;
        this.proxiedPort = proxiedPort;
        this.setUp = setUp;
    }

    /**
     * A script, and how a client runs it. Immutable.
     *
     * @param capabilities of the client
     */
    record Script(long seed, int capabilities, List<String> steps) {
        Script {
            steps = List.copyOf(steps);
        }
    }

    /**
     * The first difference in a script. Immutable.
     *
     * @param steps up to the one that differs
     */
    record Mismatch(List<String> steps, String direct, String proxied) {
        Mismatch {
            steps = List.copyOf(steps);
        }

        String step() {
            return steps.get(steps.size() - 1);
        }

        String describe() {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < steps.size(); i++) {
                text.append("  ")
                        .append(i + 1)
                        .append(": ")
                        .append(steps.get(i))
                        .append('\n');
            }
            return text + "  direct:\n" + direct + "  through Sluice:\n" + proxied;
        }
    }

    /** Runs a script; null if both did the same. */
    @Nullable
    Mismatch run(Script script) throws IOException {
        try (WireSession direct = new WireSession(directPort, script.capabilities);
                WireSession proxied = new WireSession(proxiedPort, script.capabilities)) {
            for (String step : setUp) {
                Observation there = direct.run(step);
                Observation here = proxied.run(step);
                if (there.isError() || here.isError() || here.isEnded()) {
                    return new Mismatch(List.of(step), there.describe(), here.describe());
                }
            }
            return compare(script.steps, direct, proxied);
        }
    }

    private @Nullable Mismatch compare(List<String> steps, WireSession direct, WireSession proxied) throws IOException {
        status = 0;
        String subject = "";
        String before = "";
        Observation answer = Observation.NOTHING;
        Observation there = Observation.NOTHING;
        for (int i = 0; i < steps.size(); i++) {
            String step = steps.get(i);
            boolean readOnly = (status & SERVER_STATUS_IN_TRANS_READONLY) != 0;
            if (KnownDifferences.isUnanswerable(step, subject, answer, before, there)
                    || (readOnly && KnownDifferences.isOtherwiseInReadOnlyTransaction(step))) {
                continue;
            }
            List<String> soFar = steps.subList(0, i + 1);
            there = direct.run(step);
            Observation here = proxied.run(step);
            if (KnownDifferences.isRefusedByBoth(there, here)) {
                there = here;
            } else if (!there.isSame(here)) {
                return new Mismatch(soFar, there.describe(), here.describe());
            }
            if (there.isEnded()) {
                return null;
            }
            boolean mayAsk = i + 1 == steps.size() || !KnownDifferences.isQuestion(steps.get(i + 1));
            Mismatch transaction = compareTransactions(soFar, there, mayAsk, direct, proxied);
            if (transaction != null) {
                return transaction;
            }
            before = step;
            if (!KnownDifferences.isQuestion(step)) {
                subject = step;
                answer = there;
            }
        }
        return null;
    }

    /** @param mayAsk whether the server may be asked by COM_PING, which changes what questions about a statement answer */
    private @Nullable Mismatch compareTransactions(
            List<String> soFar, Observation there, boolean mayAsk, WireSession direct, WireSession proxied)
            throws IOException {
        String step = soFar.get(soFar.size() - 1);
        int server = step.startsWith("@prepare ") ? -1 : there.status();
        if (there.isError() && mayAsk) {
            server = direct.pingStatus();
        } else if (server == -1) {
            return null;
        }
        int sluice = proxied.pingStatus();
        status = sluice;
        return ((server ^ sluice) & TRANSACTION) == 0 ? null : new Mismatch(soFar, status(server), status(sluice));
    }

    /** What Sluice takes for the state of the transaction is what it answers to a COM_PING, without asking a server. */
    private static String status(int status) {
        return "    then " + ServerStatus.describe(status & TRANSACTION) + "\n";
    }

    /** Looks for a script as short as possible that differs, too, in its last statement. */
    Mismatch shrink(Script script, Mismatch mismatch) throws IOException {
        Mismatch best = mismatch;
        int attempts = 0;
        for (int chunk = Math.max(1, mismatch.steps.size() / 2); chunk > 0; chunk /= 2) {
            for (int from = 0; from + chunk < best.steps.size() && attempts < ATTEMPTS_MAX; ) {
                List<String> fewer = new ArrayList<>(best.steps);
                fewer.subList(from, from + chunk).clear();
                Mismatch found = run(new Script(script.seed, script.capabilities, fewer));
                attempts++;
                if (found != null && found.step().equals(mismatch.step())) {
                    best = found;
                } else {
                    from += chunk;
                }
            }
        }
        return best;
    }
}
