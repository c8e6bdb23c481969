package dev.sluice.server.it;

import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_AUTOCOMMIT;
import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_IN_TRANS;
import static dev.sluice.protocol.ServerStatus.SERVER_STATUS_IN_TRANS_READONLY;

import dev.sluice.protocol.ServerStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs scripts on a direct connection and through Sluice until they differ. Confined to one thread. */
final class DifferentialRun {
    private static final int TRANSACTION =
            SERVER_STATUS_IN_TRANS | SERVER_STATUS_IN_TRANS_READONLY | SERVER_STATUS_AUTOCOMMIT;
    private static final int ATTEMPTS_MAX = 200;
    private static final long SHRINKING_NANOS_MAX =
            Long.getLong("sluice.differential.shrink-seconds", 30) * 1_000_000_000L;
    /** The tables and the view that scripts may make. */
    private static final Pattern DEFINITION = Pattern.compile("\\bx[012]\\b");

    private final int directPort;
    private final int proxiedPort;
    private final List<String> objects;
    private final List<String> rows;
    /** Whether the script before may have changed definitions, or left the servers in different states. */
    private boolean redefines = true;

    private int scripts;
    private int endedOnReplica;
    /** What Sluice said last about the transaction. */
    private int status;

    /**
     * What brings the data to where every script begins.
     *
     * @param objects steps that are needed behind a script with definitions only
     * @param rows steps in front of every script
     */
    DifferentialRun(int directPort, int proxiedPort, List<String> objects, List<String> rows) {
        this.directPort = directPort;
        this.proxiedPort = proxiedPort;
        this.objects = objects;
        this.rows = rows;
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
        if (script.steps.stream().anyMatch(step -> step.contains("XA "))) {
            endBranch(directPort);
            endBranch(proxiedPort);
        }
        redefines = mismatch != null
                || script.steps.stream()
                        .anyMatch(step -> DEFINITION.matcher(step).find());
        return mismatch;
    }

    private @Nullable Mismatch runInNewSessions(Script script) throws IOException {
        try (WireSession direct = new WireSession(directPort, script.capabilities, script.collation);
                WireSession proxied = new WireSession(proxiedPort, script.capabilities, script.collation)) {
            List<String> setUp = new ArrayList<>(rows.subList(0, 1));
            setUp.addAll(redefines ? objects : List.of());
            setUp.addAll(rows.subList(1, rows.size()));
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

    /** What is prepared would keep its locks for good. */
    private void endBranch(int port) throws IOException {
        String schema = rows.get(0).substring(rows.get(0).indexOf(' ') + 1);
        try (WireSession session = new WireSession(port, RawClient.CAPABILITIES, RawClient.UTF8MB4_0900_AI_CI)) {
            Observation unused = session.run("XA ROLLBACK '" + schema + "'");
        }
    }

    /** How many scripts have run. */
    int scripts() {
        return scripts;
    }

    /** How many of them ended early because the session could not leave a replica. */
    int endedOnReplica() {
        return endedOnReplica;
    }

    private @Nullable Mismatch compare(List<String> steps, WireSession direct, WireSession proxied) throws IOException {
        status = 0;
        boolean insertedReadOnly = false;
        boolean pinged = false;
        String subject = "";
        String before = "";
        Map<String, String> prepared = new HashMap<>();
        Observation answer = Observation.NOTHING;
        Observation there = Observation.NOTHING;
        for (int i = 0; i < steps.size(); i++) {
            String step = steps.get(i);
            boolean readOnly = (status & SERVER_STATUS_IN_TRANS_READONLY) != 0;
            String sql = sqlOf(step, prepared);
            insertedReadOnly |= readOnly && KnownDifferences.inserts(sql);
            if ((pinged && KnownDifferences.isQuestion(step))
                    || KnownDifferences.isUnanswerable(step, subject, answer, before, there)
                    || (insertedReadOnly && KnownDifferences.asksForInsertId(sql))
                    || (readOnly && KnownDifferences.isOtherwiseInReadOnlyTransaction(sql))) {
                continue;
            }
            List<String> soFar = steps.subList(0, i + 1);
            there = direct.run(step);
            Observation here = proxied.run(step);
            if (KnownDifferences.isPinnedToReplica(here)) {
                endedOnReplica++;
                return null;
            } else if (KnownDifferences.isSilenceOfTheServer(step, there, here)) {
                return null;
            } else if (KnownDifferences.isRefusedByBoth(there, here)) {
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
            // The next step may have been left out, and a question come behind it.
            pinged = there.isError() && mayAsk;
            before = step;
            if (!KnownDifferences.isQuestion(step)) {
                subject = step;
                answer = there;
            }
        }
        return null;
    }

    /** What a step executes: its own SQL, or what was prepared under its handle. */
    private static String sqlOf(String step, Map<String, String> prepared) {
        String[] words = step.split(" ", 3);
        if (words[0].equals("@prepare")) {
            prepared.put(words[1], words[2]);
        }
        boolean executes = words[0].equals("@execute") || words[0].equals("@cursor");
        return executes ? prepared.getOrDefault(words[1], step) : step;
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
