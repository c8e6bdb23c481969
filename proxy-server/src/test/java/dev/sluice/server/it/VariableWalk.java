package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sets every session variable of a server to another value through a proxy with one connection to each server, lets another
 * session use these connections, and reads the variable back. Confined to the test's thread.
 */
final class VariableWalk implements AutoCloseable {
    private static final int GLOBAL_VARIABLE = 1229;
    private static final int NOT_OF_A_SESSION = 1238;
    private static final int READ_ONLY = 1621;

    private final TestProxy proxy;
    private final RawClient session;
    private final RawClient other;

    /** What became of the variables that can be set: those that tied the session, and why. */
    final Map<String, String> pinned = new TreeMap<>();

    /** Those that had another value elsewhere. */
    final Map<String, String> lost = new TreeMap<>();

    /** Those that no candidate changed, with what the server said last. */
    final Map<String, String> unchanged = new TreeMap<>();

    int survived;

    VariableWalk(TestProxy proxy) throws IOException {
        this.proxy = proxy;
        this.session = proxy.raw();
        this.other = proxy.raw();
    }

    void walk() throws IOException {
        try (RawClient direct = RawClient.connect(proxy.cluster().primary().port())) {
            for (byte[] row : TextRow.rows(direct.query("SHOW SESSION VARIABLES"))) {
                String name = String.valueOf(TextRow.columns(row).get(0));
                String set = settingOf(direct, name);
                if (set != null) {
                    tryOut(name, set);
                }
            }
        }
    }

    /** A SET that changes the variable; null if no session can, or if none was found. */
    private @Nullable String settingOf(RawClient direct, String name) throws IOException {
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
                return set;
            }
            refused = set + ": " + (error == 0 ? "no change" : "error " + error);
        }
        unchanged.put(name, refused);
        return null;
    }

    private void tryOut(String name, String set) throws IOException {
        String query = "SELECT @@SESSION." + name;
        byte[] answer = session.query(set).get(0);
        if (RawClient.first(answer) == RawClient.ERR) {
            lost.put(name, set + ": " + session.err(answer));
        } else {
            String expected = value(session, query);
            String pins = Route.ofTextRow(
                            TextRow.rows(session.query("SHOW SLUICE ROUTE")).get(0))
                    .pins();
            // A warning keeps the connection until the next statement and no longer.
            pins = String.join(
                    ",",
                    Arrays.stream(pins.split(","))
                            .filter(pin -> !pin.equals("last_statement"))
                            .toList());
            if (!pins.isEmpty()) {
                pinned.put(name, pins);
            } else {
                readElsewhere(name, query, expected);
            }
        }
        byte[] unused = session.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
    }

    /** On the primary by a function that belongs there, on a replica in a read-only transaction. */
    private void readElsewhere(String name, String query, @Nullable String expected) throws IOException {
        String onPrimary = query + ", IS_FREE_LOCK('walk')";
        List<String> seen = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            value(other, onPrimary);
            seen.add(value(session, onPrimary));
            other.query("START TRANSACTION READ ONLY");
            value(other, query);
            other.query("ROLLBACK");
            session.query("START TRANSACTION READ ONLY");
            seen.add(value(session, query));
            // One that begins a new one by itself, as completion_type may have it, would take no question about locks.
            session.query("ROLLBACK AND NO CHAIN");
        }
        if (seen.stream().allMatch(value -> String.valueOf(value).equals(String.valueOf(expected)))) {
            survived++;
        } else {
            lost.put(name, expected + " became " + seen);
        }
    }

    private static int error(RawClient client, String sql) throws IOException {
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
        session.close();
        other.close();
    }
}
