package dev.sluice.server.it;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.OkPacket;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server that runs texts in a read-only transaction and says whether they did more than read: an error that only a write or
 * a right to more than reading explains, an answer that is no result set, a session that the server reports as changed, a
 * transaction that ended, a lock, a user variable, another LAST_INSERT_ID(). It is a primary, because a read-only server
 * would refuse some locks that others would have to wait for. Confined to one test.
 */
final class ReadJudge implements AutoCloseable {
    /** Read-only server, transaction or files; privileges beyond SELECT; transactions and prepared statements. */
    private static final Set<Integer> EFFECTS = Set.of(
            1044, 1045, 1086, 1179, 1192, 1205, 1223, 1227, 1243, 1290, 1370, 1399, 1400, 1568, 1792, 1836, 3572);

    private static final int NO_SUCH_ROUTINE = 1305;
    private static final int COMMAND_DENIED = 1142;
    /** What statements of the corpus set for themselves, and what those would set that are hidden in texts. */
    private static final String SETTINGS = "SELECT MD5(CONCAT_WS(',', @@sort_buffer_size, @@sql_mode, @@autocommit,"
            + " @@time_zone, @@character_set_client, @@collation_connection, @@optimizer_switch, @@max_execution_time,"
            + " @@transaction_isolation, DATABASE()))";

    /** Locked rows are noticed by whoever wants them. To count them would lock nothing. */
    private static final String PROBE = "SELECT t.id, u.id FROM t, u FOR UPDATE NOWAIT";

    /**
     * What a text has done.
     *
     * @param understood whether the server ran it
     * @param effect what it did beyond reading; null if nothing
     */
    record Verdict(boolean understood, @Nullable String effect) {}

    private final int port;
    private final String schema;
    private final String check;
    private final RawClient other;
    private RawClient client;
    private String settings = "";

    /**
     * @param schema with the tables t and u
     * @param variables the user variables that texts may set
     */
    ReadJudge(int port, String schema, Collection<String> variables) throws IOException {
        this.port = port;
        this.schema = schema;
        this.check = "SELECT CONCAT_WS(',', COALESCE(NULL, " + String.join(", ", variables)
                + ") IS NOT NULL, RELEASE_ALL_LOCKS(), LAST_INSERT_ID())";
        this.other = connect();
        ok(other, "USE " + schema);
        this.client = connect();
    }

    private RawClient connect() throws IOException {
        return RawClient.connectWith(port, Capabilities.CLIENT_SESSION_TRACK);
    }

    /** How the texts from now on are read. */
    void mode(String charset, String sqlModes) throws IOException {
        settings = "SET SESSION sql_mode = CONCAT(@@sql_mode, '," + sqlModes + "'), max_execution_time = 200,"
                + " innodb_lock_wait_timeout = 1, lock_wait_timeout = 1, session_track_system_variables = '*',"
                + " session_track_schema = 1, session_track_state_change = 1; SET NAMES " + charset;
        begin();
    }

    private void begin() throws IOException {
        byte[] reset = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        if (RawClient.first(reset) != RawClient.OK) {
            throw new IOException("not reset: " + client.err(reset));
        }
        for (String sql : new String[] {"USE " + schema, settings, "START TRANSACTION READ ONLY"}) {
            ok(client, sql);
        }
    }

    private static void ok(RawClient client, String sql) throws IOException {
        List<byte[]> answers = client.query(sql);
        byte[] last = answers.get(answers.size() - 1);
        if (RawClient.first(last) != RawClient.OK) {
            throw new IOException(sql + ": " + client.err(last));
        }
    }

    /** Runs a text, and begins anew where it has left something behind. */
    Verdict run(byte[] text) throws IOException {
        return run(text, false);
    }

    /**
     * The same for a text of which a server reports what it has already undone.
     *
     * @param undoes whether it is looked for what the session has, and not for what is reported of it
     */
    Verdict run(byte[] text, boolean undoes) throws IOException {
        String before = undoes ? client.value(SETTINGS) : "";
        client.send(CommandType.COM_QUERY, text);
        List<byte[]> answers = client.readResults();
        byte[] last = answers.get(answers.size() - 1);
        boolean error = RawClient.first(last) == RawClient.ERR;
        String effect = error ? effectOf(client.err(last)) : null;
        if (effect == null) {
            effect = effectOfResults(answers, error, undoes);
        }
        if (effect == null && undoes && !client.value(SETTINGS).equals(before)) {
            effect = "the session has changed";
        }
        if (effect == null) {
            effect = left();
        }
        if (effect != null) {
            client.close();
            client = connect();
            begin();
        }
        return new Verdict(!error, effect);
    }

    private static @Nullable String effectOf(ErrPacket error) {
        boolean effect = EFFECTS.contains(error.code())
                || (error.code() == NO_SUCH_ROUTINE && error.message().startsWith("PROCEDURE"))
                || (error.code() == COMMAND_DENIED && !error.message().startsWith("SELECT"));
        return effect ? "error " + error.code() + " " + error.message() : null;
    }

    private @Nullable String effectOfResults(List<byte[]> answers, boolean error, boolean undoes) {
        int at = 0;
        while (at < answers.size()) {
            int kind = RawClient.first(answers.get(at));
            if (kind == RawClient.ERR) {
                return null;
            }
            if (kind == RawClient.OK && at == 0) {
                return "answered OK instead of rows";
            }
            // Behind the first there may be empty statements, which are answered like this.
            at += kind == RawClient.OK ? 0 : 1 + kind;
            while (kind != RawClient.OK && !isEnd(answers.get(at))) {
                at++;
            }
            if (RawClient.first(answers.get(at)) == RawClient.ERR) {
                return null;
            }
            OkPacket end = client.ok(answers.get(at));
            if (end.affectedRows() != 0) {
                return "rows were affected";
            }
            int status = end.status();
            if ((status & ServerStatus.SERVER_STATUS_IN_TRANS) == 0 && !error) {
                return "the transaction has ended";
            }
            if ((status & ServerStatus.SERVER_SESSION_STATE_CHANGED) != 0 && !undoes) {
                return "the session has changed";
            }
            at++;
        }
        return null;
    }

    private static boolean isEnd(byte[] packet) {
        int first = RawClient.first(packet);
        return first == RawClient.ERR || (first == RawClient.EOF && packet.length < 0xFFFFFF);
    }

    private @Nullable String left() throws IOException {
        String[] found = client.value(check).split(",", -1);
        if (!found[0].equals("0")) {
            return "a user variable is set";
        } else if (!found[1].equals("0")) {
            return "a user lock is held";
        } else if (!found[2].equals("0")) {
            return "last insert id " + found[2];
        }
        List<byte[]> probed = other.query(PROBE);
        byte[] last = probed.get(probed.size() - 1);
        return RawClient.first(last) == RawClient.EOF ? null : "rows are locked: " + other.err(last);
    }

    @Override
    public void close() throws IOException {
        client.close();
        other.close();
    }
}
