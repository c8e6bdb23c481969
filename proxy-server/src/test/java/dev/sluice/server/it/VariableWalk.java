package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sets every session variable of a server to another value through a proxy with one connection to the primary and one to its
 * only replica, and back to its default. Two sessions take turns on these connections: the one finds what it has set, the
 * other what it would find if it were alone. Confined to the test's thread.
 */
final class VariableWalk implements AutoCloseable {
    private static final int GLOBAL_VARIABLE = 1229;
    private static final int NOT_OF_A_SESSION = 1238;
    private static final int READ_ONLY = 1621;

    /**
     * They have another value each time, or on each connection; the last two are about replication, whoever sets them, and are
     * not asked of a replica.
     */
    private static final Set<String> OF_NO_SESSION = Set.of(
            "timestamp",
            "pseudo_thread_id",
            "rand_seed1",
            "rand_seed2",
            "max_relay_log_size",
            "sql_slave_skip_counter");

    private final RawClient direct;
    private final RawClient session;
    private final RawClient other;

    /** What became of the variables that can be set: those that tied the session, and why. */
    final Map<String, String> pinned = new TreeMap<>();

    /** Those that had another value elsewhere. */
    final Map<String, String> lost = new TreeMap<>();

    /** Those that the other session found changed. */
    final Map<String, String> leaked = new TreeMap<>();

    /** Those that no candidate changed, with what the server said last. */
    final Map<String, String> unchanged = new TreeMap<>();

    /** Those that another form of SET ties otherwise than the usual one, with the form in front. */
    final Map<String, String> pinnedByForm = new TreeMap<>();

    int survived;
    int survivedInForms;

    VariableWalk(TestProxy proxy) throws IOException {
        this.direct = RawClient.connect(proxy.cluster().primary().port());
        this.session = proxy.raw();
        this.other = proxy.raw();
    }

    void walk() throws IOException {
        int number = 0;
        for (byte[] row : TextRow.rows(direct.query("SHOW SESSION VARIABLES"))) {
            String name = String.valueOf(TextRow.columns(row).get(0));
            String value = settingOf(name);
            if (value != null) {
                tryOut(name, "SET SESSION " + name + " = " + value);
                for (SetForm form : SetForm.of(number++)) {
                    tryForm(name, value, form);
                }
            }
        }
    }

    /** A value that changes the variable; null if no session can set it, or if none was found. */
    private @Nullable String settingOf(String name) throws IOException {
        String before = value(direct, "SELECT @@SESSION." + name);
        String refused = "";
        for (String candidate : VariableCandidates.of(name, String.valueOf(before))) {
            String set = "SET SESSION " + name + " = " + candidate;
            int error = error(direct, set);
            if (error == GLOBAL_VARIABLE || error == NOT_OF_A_SESSION || error == READ_ONLY) {
                return null;
            }
            boolean changed = error == 0 && !String.valueOf(before).equals(value(direct, "SELECT @@SESSION." + name));
            byte[] unused = direct.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            if (changed) {
                return candidate;
            }
            refused = set + ": " + (error == 0 ? "no change" : "error " + error);
        }
        unchanged.put(name, refused);
        return null;
    }

    private void tryOut(String name, String set) throws IOException {
        List<String> alone = everywhere(other, name);
        byte[] answer = session.query(set).get(0);
        if (RawClient.first(answer) == RawClient.ERR) {
            lost.put(name, set + ": " + session.err(answer));
        } else {
            String expected = value(session, "SELECT @@SESSION." + name);
            String pins = pinsOf(session);
            if (!pins.isEmpty()) {
                pinned.put(name, pins);
            } else if (isSeenByItsSessionOnly(name, String.valueOf(expected), alone)) {
                backToDefault(name, set, alone);
            }
        }
        byte[] unused = session.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        noteLeak(name, "after a reset", alone);
    }

    /** In another form a SET does what it does on a direct connection, and ties the session as in the usual one. */
    private void tryForm(String name, String value, SetForm form) throws IOException {
        List<String> alone = everywhere(other, name);
        int expectedError = form.run(direct, name, value);
        String expected = String.valueOf(value(direct, "SELECT @@SESSION." + name));
        byte[] unused = direct.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        int error = form.run(session, name, value);
        String pins = pinsOf(session);
        String what = form + " " + name + " = " + value;
        if (error != expectedError) {
            lost.put(what, "error " + error + ", not " + expectedError);
        } else if (!pins.equals(pinned.getOrDefault(name, ""))) {
            pinnedByForm.put(form + " " + name, pins);
        }
        if (!pinned.containsKey(name)) {
            List<String> seen = pins.isEmpty() ? everywhere(session, name) : here(session, name);
            if (seen.stream().anyMatch(each -> !each.equals(expected))) {
                lost.put(what, expected + " became " + seen);
            } else {
                survivedInForms++;
            }
        }
        unused = session.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        noteLeak(name, what, alone);
    }

    private static List<String> here(RawClient client, String name) throws IOException {
        return List.of(String.valueOf(value(client, "SELECT @@SESSION." + name)));
    }

    /** Sets a variable of which no value can be read back; what ties the session then, if anything. */
    String pinsAfter(String set) throws IOException {
        byte[] answer = session.query(set).get(0);
        String pins =
                RawClient.first(answer) == RawClient.ERR ? session.err(answer).toString() : pinsOf(session);
        byte[] unused = session.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        return pins;
    }

    /** A warning keeps the connection until the next statement and no longer: it does not count. */
    private static String pinsOf(RawClient client) throws IOException {
        String pins = Route.ofTextRow(
                        TextRow.rows(client.query("SHOW SLUICE ROUTE")).get(0))
                .pins();
        return String.join(
                ",",
                Arrays.stream(pins.split(","))
                        .filter(pin -> !pin.equals("last_statement"))
                        .toList());
    }

    private boolean isSeenByItsSessionOnly(String name, String expected, List<String> alone) throws IOException {
        for (int round = 0; round < 2; round++) {
            noteLeak(name, "set to " + expected, alone);
            List<String> seen = everywhere(session, name);
            if (!seen.equals(List.of(expected, expected))) {
                lost.put(name, expected + " became " + seen);
                return false;
            }
        }
        survived++;
        return true;
    }

    private void backToDefault(String name, String set, List<String> alone) throws IOException {
        String back = "SET SESSION " + name + " = DEFAULT";
        int expected = error(direct, set) + error(direct, back);
        String value = value(direct, "SELECT @@SESSION." + name);
        byte[] unused = direct.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        int seen = error(session, back);
        noteLeak(name, "set to DEFAULT", alone);
        List<String> values = everywhere(session, name);
        if (seen != expected || !values.equals(List.of(String.valueOf(value), String.valueOf(value)))) {
            lost.put(name, back + ": error " + seen + ", value " + values + ", not " + expected + ", " + value);
        }
    }

    private void noteLeak(String name, String when, List<String> alone) throws IOException {
        List<String> seen = everywhere(other, name);
        if (!seen.equals(alone) && !OF_NO_SESSION.contains(name)) {
            leaked.put(name, when + ": " + alone + " became " + seen);
        }
    }

    /** The value on the primary, by a function that belongs there, and on the replica, in a read-only transaction. */
    private static List<String> everywhere(RawClient client, String name) throws IOException {
        String query = "SELECT @@SESSION." + name;
        List<String> seen = new ArrayList<>();
        seen.add(String.valueOf(value(client, query + ", IS_FREE_LOCK('walk')")));
        // Also behind a statement that may have written, as far as Sluice was told.
        client.query("START TRANSACTION READ ONLY /* sluice: consistency=none */");
        seen.add(String.valueOf(value(client, query)));
        List<String> route =
                TextRow.columns(TextRow.rows(client.query("SHOW SLUICE ROUTE")).get(0));
        if (!route.contains("replica") && !OF_NO_SESSION.contains(name)) {
            seen.add("not on the replica: " + route);
        }
        // One that begins a new one by itself, as completion_type may have it, would take no question about locks.
        client.query("ROLLBACK AND NO CHAIN");
        return seen;
    }

    static int error(RawClient client, String sql) throws IOException {
        byte[] answer = client.query(sql).get(0);
        return RawClient.first(answer) == RawClient.ERR ? client.err(answer).code() : 0;
    }

    private static @Nullable String value(RawClient client, String sql) throws IOException {
        List<byte[]> packets = client.query(sql);
        return RawClient.first(packets.get(0)) == RawClient.ERR
                ? "error: " + client.err(packets.get(0)).message()
                : TextRow.columns(TextRow.rows(packets).get(0)).get(0);
    }

    @Override
    public void close() throws IOException {
        direct.close();
        session.close();
        other.close();
    }
}
