package dev.sluice.server.it;

import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_AUTOCOMMIT;
import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_IN_TRANS;
import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_IN_TRANS_READONLY;

import dev.sluice.protocol.ServerStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs scripts on a direct connection and through Sluice until they differ. Confined to one thread. */
final class DifferentialRun {
    private static final int TRANSACTION =
            SERVER_STATUS_IN_TRANS | SERVER_STATUS_IN_TRANS_READONLY | SERVER_STATUS_AUTOCOMMIT;
    private static final int ATTEMPTS_MAX = 200;
    private static final long BRANCH_NANOS_MAX = Duration.ofSeconds(20).toNanos();
    private static final long SHRINKING_NANOS_MAX =
            Long.getLong("sluice.differential.shrink-seconds", 30) * 1_000_000_000L;
    /** The tables and the view that scripts may make. */
    private static final Pattern DEFINITION = Pattern.compile("\\bx[012]\\b");

    private final int directPort;
    private final int proxiedPort;
    private final String schema;
    private final KnownDifferences known;
    /** How many scripts others have run in this schema at most. */
    private final int before;
    /** Whether the script before may have changed definitions, or left the servers in different states. */
    private boolean redefines = true;
    /** Whether a script before may have left a branch: one that is prepared would keep its locks for good. */
    private boolean hasBranch = true;

    private int scripts;
    private int statements;
    private int endedOnReplica;
    private int timedOut;

    /**
     * What runs on two servers.
     *
     * @param schema of every script; its name is that of the XA transactions, too
     * @param before how many scripts others have run in this schema at most
     */
    DifferentialRun(int directPort, int proxiedPort, String schema, KnownDifferences known, int before) {
        this.directPort = directPort;
        this.proxiedPort = proxiedPort;
        this.schema = schema;
        this.known = known;
        this.before = before;
    }

    /**
     * A script, and how a client runs it. Immutable.
     *
     * @param capabilities of the client
     * @param collation that it logs in with
     */
    record Script(long seed, int capabilities, int collation, List<String> steps) {
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
        scripts++;
        Mismatch mismatch = runInNewSessions(script);
        hasBranch = script.steps.stream().anyMatch(step -> step.contains("XA "));
        redefines = mismatch != null
                || script.steps.stream()
                        .anyMatch(step -> DEFINITION.matcher(step).find());
        return mismatch;
    }

    private @Nullable Mismatch runInNewSessions(Script script) throws IOException {
        if (hasBranch) {
            endBranch(directPort, script);
            endBranch(proxiedPort, script);
        }
        try (WireSession direct = new WireSession(directPort, script.capabilities, script.collation);
                WireSession proxied = new WireSession(proxiedPort, script.capabilities, script.collation)) {
            String setUp = DifferentialData.setUp(schema, redefines, before + scripts);
            Observation there = direct.run(setUp);
            Observation here = proxied.run(setUp);
            if (there.isError() && there.isSame(here)) {
                // A script has used up the ids.
                String anew = "ROLLBACK; TRUNCATE TABLE " + schema + ".a; " + setUp;
                there = direct.run(anew);
                here = proxied.run(anew);
            }
            if (there.isError() || here.isError() || here.isEnded()) {
                return new Mismatch(List.of(setUp), there.describe(), here.describe());
            }
            return compare(script.steps, direct, proxied);
        }
    }

    /** A server ends a branch, or leaves it to others, some time after the session that had it has gone. */
    private void endBranch(int port, Script script) throws IOException {
        long deadline = System.nanoTime() + BRANCH_NANOS_MAX;
        try (WireSession session = new WireSession(port, script.capabilities, script.collation)) {
            Observation begun;
            do {
                Observation unused = session.run("XA ROLLBACK '" + schema + "'");
                begun = session.run("XA START '" + schema + "'");
            } while (begun.isError() && System.nanoTime() < deadline);
            if (begun.isError()) {
                throw new IOException("the branch " + schema + " does not end: " + begun.describe());
            }
            Observation unused = session.run("XA END '" + schema + "'");
            unused = session.run("XA ROLLBACK '" + schema + "'");
        }
    }

    /** How many scripts have run. */
    int scripts() {
        return scripts;
    }

    /** How many statements have run on both. */
    int statements() {
        return statements;
    }

    /** How many scripts ended early because the session could not leave a replica. */
    int endedOnReplica() {
        return endedOnReplica;
    }

    /** How many scripts ended early because both servers waited for a lock. */
    int timedOut() {
        return timedOut;
    }

    private @Nullable Mismatch compare(List<String> steps, WireSession direct, WireSession proxied) throws IOException {
        Conversation said = new Conversation();
        for (int i = 0; i < steps.size(); i++) {
            String step = steps.get(i);
            if (known.leavesOut(step, said)) {
                continue;
            }
            List<String> soFar = steps.subList(0, i + 1);
            statements++;
            Observation there = direct.run(step);
            Observation here = proxied.run(step);
            if (there.isTimedOut() && here.isTimedOut()) {
                timedOut++;
                return null;
            } else if (!there.isSame(here) && !known.explains(step, said, there, here)) {
                return new Mismatch(soFar, there.describe(), here.describe());
            } else if (KnownDifferences.isPinnedToReplica(here)) {
                endedOnReplica++;
                return null;
            } else if (there.isEnded() || KnownDifferences.partsSessions(step, said, there, here)) {
                return null;
            }
            boolean mayAsk = i + 1 == steps.size() || !KnownDifferences.isQuestion(steps.get(i + 1));
            Mismatch transaction = compareTransactions(soFar, there, mayAsk, said, direct, proxied);
            if (transaction != null) {
                return transaction;
            }
            if (said.isEnded()) {
                return null;
            }
            // What Sluice refuses for its own reason is what questions are about.
            said.said(step, here.isError() ? here : there);
            if (there.isError() && mayAsk) {
                // The next step may be left out, and a question come behind it.
                said.pinged();
            }
        }
        return null;
    }

    /** @param mayAsk whether the server may be asked by COM_PING, which changes what questions about a statement answer */
    private @Nullable Mismatch compareTransactions(
            List<String> soFar,
            Observation there,
            boolean mayAsk,
            Conversation said,
            WireSession direct,
            WireSession proxied)
            throws IOException {
        String step = soFar.get(soFar.size() - 1);
        int server = step.startsWith("@prepare ") ? -1 : there.status();
        if (there.isError() && mayAsk) {
            server = direct.pingStatus();
        } else if (server == -1) {
            return null;
        }
        int sluice = proxied.pingStatus();
        if (sluice == WireSession.ENDED) {
            // COMMIT RELEASE is answered before the connection ends.
            server = direct.pingStatus();
        }
        said.status(sluice);
        boolean same = (server < 0 || sluice < 0) ? server == sluice : ((server ^ sluice) & TRANSACTION) == 0;
        return same ? null : new Mismatch(soFar, status(server), status(sluice));
    }

    /** What Sluice takes for the state of the transaction is what it answers to a COM_PING, without asking a server. */
    private static String status(int status) {
        return status == WireSession.ENDED
                ? "    then the end of the connection\n"
                : "    then " + ServerStatus.describe(status & TRANSACTION) + "\n";
    }

    /** Looks for a script as short as possible that differs, too, in its last statement. */
    Mismatch shrink(Script script, Mismatch mismatch) throws IOException {
        Mismatch best = mismatch;
        int attempts = 0;
        long deadline = System.nanoTime() + SHRINKING_NANOS_MAX;
        for (int chunk = Math.max(1, mismatch.steps.size() / 2); chunk > 0; chunk /= 2) {
            for (int from = 0;
                    from + chunk < best.steps.size() && attempts < ATTEMPTS_MAX && System.nanoTime() < deadline; ) {
                List<String> fewer = new ArrayList<>(best.steps);
                fewer.subList(from, from + chunk).clear();
                Mismatch found = run(new Script(script.seed, script.capabilities, script.collation, fewer));
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
