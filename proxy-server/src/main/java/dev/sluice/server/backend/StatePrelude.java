package dev.sluice.server.backend;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.backend.BackendConnection.Trackers;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The commands that bring a backend connection into a session's state: reset, trackers, schema, variables. They are
 * written in front of the client's command so that they cost no round trip. Each has exactly one OK or ERR for an answer.
 *
 * <p>Confined to the session's event loop.
 */
public final class StatePrelude {
    // MariaDB has no session_track_gtids: there the own GTID is reported as the system variable last_gtid.
    private static final String TRACKERS = "SET SESSION session_track_system_variables='*',session_track_schema=ON,"
            + "session_track_state_change=ON,session_track_transaction_info='CHARACTERISTICS'";
    private static final byte[] MYSQL_TRACKERS =
            (TRACKERS + ",session_track_gtids='OWN_GTID'").getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRACKERS_BUT_GTIDS = TRACKERS.getBytes(StandardCharsets.US_ASCII);
    /** MariaDB clears the conditions for what uses a table. */
    private static final byte[] CLEAR_CONDITIONS =
            "DO (SELECT 0 FROM (SELECT 0) none)".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] CLEAR_CONDITIONS_AS_QUERY =
            "SELECT 0 FROM (SELECT 0) none".getBytes(StandardCharsets.US_ASCII);

    private static final Set<String> NAMED = Set.of(StateVector.CHARACTER_SET_CLIENT, StateVector.COLLATION_CONNECTION);
    /** They are reported as empty when they are NULL, and refuse to be empty. */
    private static final Set<String> NULL_WHEN_EMPTY = Set.of(
            StateVector.CHARACTER_SET_RESULTS,
            "default_tmp_storage_engine",
            "enforce_storage_engine",
            "innodb_ft_user_stopword_table",
            "innodb_tmpdir");

    /** Takes the word for the present, which is not what a string of it means. */
    private static final String AS_OF = "system_versioning_asof";

    private static final String DEFAULT = "DEFAULT";

    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,20}(\\.\\d{1,12})?");

    private StatePrelude() {}

    /** Whether a connection can be brought to a state at all: a selected schema cannot be unselected. */
    static boolean canReach(BackendConnection connection, StateVector wanted) {
        return wanted.schema() != null || connection.vector().schema() == null;
    }

    /** Whether a connection has to be brought to where {@code wanted} needs it. */
    public static boolean isNeeded(BackendConnection connection, StateVector wanted) {
        return differs(connection, wanted) || !connection.trackersOn() || connection.wantsReset();
    }

    /** Whether its state is another one, whatever is tracked of it. */
    @SuppressWarnings("ReferenceEquality") // the cheap question; equal but not identical vectors need no command
    public static boolean differs(BackendConnection connection, StateVector wanted) {
        return connection.vector() != wanted;
    }

    /** Whether getting there takes a SET of variables, and not only commands that are no statements. */
    public static boolean sets(BackendConnection connection, StateVector wanted) {
        return needsReset(connection, wanted)
                || !assignments(connection.vector(), wanted).isEmpty();
    }

    /**
     * Whether getting there takes a COM_RESET_CONNECTION: some variable is set that the session has at its default, or it was
     * asked for.
     */
    public static boolean needsReset(BackendConnection connection, StateVector wanted) {
        return connection.wantsReset() || !connection.vector().setsNothingBeyond(wanted);
    }

    /**
     * Writes the commands for getting from the connection's state to {@code wanted}, and queues {@code response} once for
     * each. The connection is in the new state afterwards.
     *
     * @return how many answers will come
     */
    public static int write(
            BackendConnection connection, StateVector wanted, boolean mariaDb, PendingResponse response) {
        ByteBuf out = connection.channel().alloc().buffer();
        int answers = 0;
        if (needsReset(connection, wanted)) {
            writeReset(connection, out);
            connection.expect(response);
            answers++;
        }
        if (!connection.trackersOn()) {
            writeTrackers(connection, out, mariaDb);
            connection.expect(response);
            answers++;
        }
        StateVector from = connection.vector();
        String schema = wanted.schema();
        if (schema != null && !schema.equals(from.schema())) {
            writeCommand(out, CommandType.COM_INIT_DB, schema.getBytes(StandardCharsets.UTF_8));
            connection.expect(response);
            answers++;
        }
        if (from.multiStatements() != wanted.multiStatements()) {
            writeCommand(out, CommandType.COM_SET_OPTION, new byte[] {(byte) (wanted.multiStatements() ? 0 : 1), 0});
            connection.expect(response);
            answers++;
        }
        String assignments = assignments(from, wanted);
        if (!assignments.isEmpty()) {
            // A server may warn of them.
            connection.conditionsLeft(true);
            writeQuery(connection, out, assignments.getBytes(StandardCharsets.UTF_8));
            connection.expect(response);
            answers++;
        }
        connection.vector(wanted);
        if (out.isReadable()) {
            connection.sendBytes(out);
        } else {
            out.release();
        }
        return answers;
    }

    /** Writes COM_RESET_CONNECTION and the trackers behind it: two answers. The schema stays, variables are at default. */
    static int writeResetOnly(BackendConnection connection, boolean mariaDb, PendingResponse response) {
        ByteBuf out = connection.channel().alloc().buffer();
        writeReset(connection, out);
        connection.expect(response);
        writeTrackers(connection, out, mariaDb);
        connection.expect(response);
        connection.sendBytes(out);
        return 2;
    }

    /**
     * Writes a statement that does nothing but clear the conditions of the one before it: one answer.
     *
     * @param asQuery whether ROW_COUNT() is to be that of a query; the answer is one then
     */
    public static int clearConditions(BackendConnection connection, boolean asQuery, PendingResponse response) {
        ByteBuf out = connection.channel().alloc().buffer();
        writeQuery(connection, out, asQuery ? CLEAR_CONDITIONS_AS_QUERY : CLEAR_CONDITIONS);
        connection.send(out, response);
        connection.conditionsLeft(false);
        return 1;
    }

    private static void writeReset(BackendConnection connection, ByteBuf out) {
        writeCommand(out, CommandType.COM_RESET_CONNECTION, new byte[0]);
        connection.reset();
        connection.trackers(Trackers.OFF);
        connection.conditionsLeft(false);
        connection.statements().clear();
        connection.vector(connection.vector().withoutVariables());
    }

    private static void writeTrackers(BackendConnection connection, ByteBuf out, boolean mariaDb) {
        // MySQL was seen to crash when the tracking of GTIDs went off and on, and refuses it inside of a transaction.
        boolean gtidsToo = !mariaDb && connection.trackers() == Trackers.OFF;
        writeQuery(connection, out, gtidsToo ? MYSQL_TRACKERS : TRACKERS_BUT_GTIDS);
        connection.trackers(Trackers.ON);
    }

    private static void writeQuery(BackendConnection connection, ByteBuf out, byte[] sql) {
        int header = Packets.begin(out, 0);
        connection.beginQuery(out);
        out.writeBytes(sql);
        Packets.end(out, header);
    }

    private static void writeCommand(ByteBuf out, CommandType command, byte[] argument) {
        int header = Packets.begin(out, 0);
        out.writeByte(command.code());
        out.writeBytes(argument);
        Packets.end(out, header);
    }

    /** One SET for every variable that differs, or the empty string. */
    static String assignments(StateVector from, StateVector to) {
        StringBuilder set = new StringBuilder();
        String results = to.get(StateVector.CHARACTER_SET_RESULTS);
        // Only SET NAMES can choose the collation of results. It sets two other variables, too.
        boolean names = results != null
                && results.contains(StateVector.COLLATE)
                && !results.equals(from.get(StateVector.CHARACTER_SET_RESULTS));
        if (names) {
            set.append("SET NAMES ").append(results);
        }
        for (int i = 0; i < to.size(); i++) {
            boolean named = names && NAMED.contains(to.name(i));
            if (names && to.name(i).equals(StateVector.CHARACTER_SET_RESULTS)) {
                continue;
            }
            if (named || !to.value(i).equals(from.get(to.name(i)))) {
                set.append(set.isEmpty() ? "SET " : ",")
                        .append(StateVector.quoted(to.name(i)))
                        .append('=');
                appendValue(set, to.name(i), to.value(i));
            }
        }
        return set.toString();
    }

    private static void appendValue(StringBuilder set, String name, String value) {
        if (StateVector.isUserVariable(name)) {
            set.append(value);
        } else if (value.isEmpty() && NULL_WHEN_EMPTY.contains(name)) {
            set.append("NULL");
        } else if (value.equals(DEFAULT) && name.equals(AS_OF)) {
            set.append(DEFAULT);
        } else if (NUMBER.matcher(value).matches()) {
            // Numeric variables refuse quoted numbers; variables of other types take a bare number as well.
            set.append(value);
        } else {
            // Doubled quotes are right in every sql_mode. Values with a backslash are not replayed, they pin.
            set.append('\'').append(value.replace("'", "''")).append('\'');
        }
    }
}
