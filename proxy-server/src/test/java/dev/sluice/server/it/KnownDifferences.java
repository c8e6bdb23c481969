package dev.sluice.server.it;

import dev.sluice.protocol.ServerStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The differences from a direct connection that {@link DifferentialIT} allows; {@code docs/compatibility.md} has their
 * reasons. Thread-safe: functions without state.
 *
 * <ol>
 *   <li>The id in the answer to COM_STMT_PREPARE is Sluice's; so is the one in error 1243.
 *   <li>Clients without CLIENT_DEPRECATE_EOF: the status flags and the number of warnings between columns and rows. Those
 *       behind the rows are compared.
 *   <li>What Sluice answers without a server leaves the diagnostics alone, but for COM_RESET_CONNECTION. COM_PING, COM_SET_OPTION and COM_INIT_DB: the
 *       number of warnings that the statement before has left.
 *   <li>FOUND_ROWS() is that of the last statement, if that had rows. COM_STMT_PREPARE counts as one.
 *   <li>GET DIAGNOSTICS after a read outside a transaction leaves user variables on a replica.
 *   <li>A write that a read-only transaction refuses is error 1792, whatever else is wrong with it. SHOW WARNINGS has the
 *       replica's error 1290 behind it.
 *   <li>SET CHARACTER SET, and SET NAMES with other statements in one packet, leave no diagnostics: the server is asked
 *       for the collation.
 *   <li>In a read-only transaction DDL is refused with 1792, XA ends it, and several statements in one packet of which some
 *       write are refused with 1105.
 *   <li>START TRANSACTION READ WRITE in a read-only transaction takes the isolation level that was chosen meanwhile, with
 *       which a consistent snapshot may warn.
 *   <li>LAST_INSERT_ID() in a read-only transaction, and behind an INSERT that one has refused, may be the explicit id of
 *       the last INSERT.
 *   <li>Whether SHOW and its like use an index is up to the statistics of each server.
 *   <li>The length of a column that is nothing but a parameter depends on the types that it had before, where it ran then.
 *   <li>What a read-only transaction has left on its replica keeps the session there, and writes are refused with 1105.
 * </ol>
 */
final class KnownDifferences {
    private static final int STATEMENT_ID_END = 5;
    private static final int WARNINGS_IN_OK = 5;
    private static final int WARNINGS_IN_EOF = 1;
    /** May warn of an isolation level that was chosen inside a read-only transaction. */
    private static final String SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT";

    private static final Pattern NUMBER_OF_WARNINGS_LEFT =
            Pattern.compile("@(?:ping|set_option|init_db)\\b.*|" + SNAPSHOT);
    private static final int EOF_LENGTH = 5;
    /** Statements whose plan depends on statistics of the server's own tables. */
    private static final Pattern ABOUT_DEFINITIONS = Pattern.compile("SHOW |DESCRIBE |information_schema|HELP ");

    private static final int STATUS = 3;
    private static final int INDEX_FLAGS =
            ServerStatus.SERVER_QUERY_NO_GOOD_INDEX_USED | ServerStatus.SERVER_QUERY_NO_INDEX_USED;
    private static final byte[] COLUMN = {3, 'd', 'e', 'f'};
    /** A column that is a parameter and nothing else, up to the character set in front of its length. */
    private static final byte[] BARE_PARAMETER = {3, 'd', 'e', 'f', 0, 0, 0, 1, '?', 0, 0x0c};

    private static final int PARAMETER_LENGTH = BARE_PARAMETER.length + 2;
    /** What may have run on a replica, and failed there. */
    private static final Pattern MAY_READ =
            Pattern.compile("(?:SELECT|WITH|TABLE|VALUES|\\(|EXPLAIN|@).*", Pattern.DOTALL);

    private static final Pattern STATEMENT_ID = Pattern.compile("(handler|statement) \\(\\d+\\)");
    private static final Pattern QUERY =
            Pattern.compile("(?:SELECT|WITH|TABLE|VALUES|\\(|EXPLAIN)[^;]*", Pattern.DOTALL);
    private static final Pattern IN_READ_ONLY_TRANSACTION = Pattern.compile(
            "(?:RENAME|CREATE|DROP|ALTER|TRUNCATE|ANALYZE|XA) .*|.*;.*|.*(?:LAST_INSERT_ID|@@identity).*",
            Pattern.DOTALL);
    private static final Pattern LEAVES_NOTHING = Pattern.compile(
            "@(?:ping|set_option|unknown|close|reset_statement|long_data)\\b.*|SET CHARACTER SET .*|" + SNAPSHOT
                    + "|.*;.*SET (?:NAMES|CHARACTER SET) .*|.*SET (?:NAMES|CHARACTER SET) .*;.*",
            Pattern.DOTALL);
    /** A part that may not be code is taken for one that may be a question about the statement before. */
    private static final Pattern UNCERTAIN_QUESTION = Pattern.compile(".*/\\*!.*;.*SHOW WARNINGS.*", Pattern.DOTALL);

    private static final Pattern QUESTION = Pattern.compile(
            ".*(?:DIAGNOSTICS|SHOW WARNINGS|SHOW ERRORS|SHOW COUNT|ROW_COUNT\\(|FOUND_ROWS\\(|@@warning_count).*",
            Pattern.DOTALL);
    private static final Pattern INSERT_ID = Pattern.compile("last_insert_id|@@identity", Pattern.CASE_INSENSITIVE);
    private static final int READ_ONLY_TRANSACTION = 1792;
    private static final int ERROR_OF_SLUICE = 1105;
    private static final String PINNED_TO_REPLICA = "needs the primary, and the session is pinned to a replica";
    /** Unknown command, unknown statement, no open cursor; 1792 stands for what a replica calls 1290. */
    private static final Set<Integer> ERRORS_OF_SLUICE = Set.of(1047, 1243, 1421, READ_ONLY_TRANSACTION);

    private KnownDifferences() {}

    /** The packets with zeros for what may differ. */
    static List<byte[]> leaveOut(String step, List<byte[]> packets) {
        List<byte[]> comparable = new ArrayList<>();
        for (int i = 0; i < packets.size(); i++) {
            byte[] packet = packets.get(i).clone();
            boolean ok = i == 0 && RawClient.first(packet) == RawClient.OK;
            if (ok && step.startsWith("@prepare ")) {
                Arrays.fill(packet, 1, STATEMENT_ID_END, (byte) 0);
            } else if (NUMBER_OF_WARNINGS_LEFT.matcher(step).matches()) {
                boolean eof = RawClient.first(packet) == RawClient.EOF;
                int warnings = eof && packet.length == EOF_LENGTH ? WARNINGS_IN_EOF : WARNINGS_IN_OK;
                if (ok || eof) {
                    Arrays.fill(packet, warnings, warnings + 2, (byte) 0);
                }
            }
            if (ABOUT_DEFINITIONS.matcher(step).find() && RawClient.first(packet) == RawClient.EOF) {
                // In both forms of the packet.
                packet[STATUS] &= (byte) ~INDEX_FLAGS;
            }
            if (step.startsWith("@execute ") && startsWith(packet, BARE_PARAMETER)) {
                Arrays.fill(packet, PARAMETER_LENGTH, PARAMETER_LENGTH + 4, (byte) 0);
            }
            if (step.startsWith("@") && RawClient.first(packet) == RawClient.ERR) {
                String error = new String(packet, StandardCharsets.ISO_8859_1);
                packet = STATEMENT_ID.matcher(error).replaceFirst("$1 (?)").getBytes(StandardCharsets.ISO_8859_1);
            }
            boolean inFrontOfRows = i > 0 && i + 1 < packets.size() && isColumn(packets.get(i - 1));
            if (inFrontOfRows && packet.length == EOF_LENGTH && RawClient.first(packet) == RawClient.EOF) {
                Arrays.fill(packet, 1, EOF_LENGTH, (byte) 0);
            }
            comparable.add(packet);
        }
        return comparable;
    }

    private static boolean isColumn(byte[] packet) {
        return startsWith(packet, COLUMN);
    }

    private static boolean startsWith(byte[] packet, byte[] head) {
        return packet.length > head.length && Arrays.equals(packet, 0, head.length, head, 0, head.length);
    }

    /** Whether both refuse a statement that writes in a read-only transaction, if not for the same reason. */
    static boolean isRefusedByBoth(Observation direct, Observation proxied) {
        return direct.isError() && direct.packets().size() == 1 && proxied.errorCode() == READ_ONLY_TRANSACTION;
    }

    /**
     * Whether a direct session waits for the rest of an answer that never comes: MySQL 8.0.31 does that when a statement that
     * has had a cursor is executed without one.
     */
    static boolean isSilenceOfTheServer(String step, Observation direct, Observation proxied) {
        return step.startsWith("@execute ") && direct.isTimedOut() && !proxied.isEnded();
    }

    /** Whether Sluice refuses a statement because of what a read-only transaction has left on its replica. */
    static boolean isPinnedToReplica(Observation proxied) {
        return proxied.errorCode() == ERROR_OF_SLUICE && proxied.describe().contains(PINNED_TO_REPLICA);
    }

    /** Whether a step is about the statement before it. */
    static boolean isQuestion(String step) {
        return QUESTION.matcher(step).matches();
    }

    /** Whether a statement finds LAST_INSERT_ID() and may leave it as it is. */
    static boolean inserts(String sql) {
        return sql.startsWith("INSERT") || sql.startsWith("REPLACE");
    }

    static boolean asksForInsertId(String sql) {
        return INSERT_ID.matcher(sql).find();
    }

    /** Whether a step is known to be answered otherwise in the transaction that is open on a replica. */
    static boolean isOtherwiseInReadOnlyTransaction(String step) {
        return IN_READ_ONLY_TRANSACTION.matcher(step).matches();
    }

    /**
     * Whether a question is known to be answered otherwise behind what came before it.
     *
     * @param subject the last step that was no question
     * @param answer to the subject
     * @param before the last step, and {@code answerBefore} to that
     */
    static boolean isUnanswerable(
            String step, String subject, Observation answer, String before, Observation answerBefore) {
        if (!isQuestion(step)) {
            return false;
        }
        String question = step.toUpperCase(Locale.ROOT);
        boolean hasFoundRows = answerBefore.hasRows() && QUERY.matcher(before).matches();
        return UNCERTAIN_QUESTION.matcher(step).matches()
                || LEAVES_NOTHING.matcher(subject).matches()
                || ERRORS_OF_SLUICE.contains(answer.errorCode())
                || (question.contains("FOUND_ROWS()") && !hasFoundRows)
                || (question.contains("ROW_COUNT") && subject.startsWith("@prepare "))
                || (question.startsWith("GET ")
                        && (answer.hasRows() || MAY_READ.matcher(subject).matches()));
    }
}
