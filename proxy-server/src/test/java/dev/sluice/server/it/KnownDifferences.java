package dev.sluice.server.it;

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
 *   <li>What Sluice answers without a server leaves the diagnostics alone. COM_PING, COM_SET_OPTION and COM_INIT_DB: the
 *       number of warnings that the statement before has left.
 *   <li>FOUND_ROWS() is that of the last statement, if that had rows. COM_STMT_PREPARE counts as one.
 *   <li>GET DIAGNOSTICS after a read outside a transaction leaves user variables on a replica.
 *   <li>A write that a read-only transaction refuses is error 1792, whatever else is wrong with it. SHOW WARNINGS has the
 *       replica's error 1290 behind it.
 *   <li>SET NAMES and SET CHARACTER SET leave no diagnostics: the server is asked for the collation.
 *   <li>In a read-only transaction BEGIN begins one that may write; DDL and LOCK TABLES are refused with 1792; several
 *       statements in one packet of which some write are refused with 1105.
 * </ol>
 */
final class KnownDifferences {
    private static final int STATEMENT_ID_END = 5;
    private static final int WARNINGS_IN_OK = 5;
    private static final int WARNINGS_IN_EOF = 1;
    private static final Pattern NUMBER_OF_WARNINGS_LEFT = Pattern.compile("@(?:ping|set_option|init_db)\\b.*");
    private static final int EOF_LENGTH = 5;
    private static final byte[] COLUMN = {3, 'd', 'e', 'f'};
    /** What may have run on a replica, and failed there. */
    private static final Pattern MAY_READ =
            Pattern.compile("(?:SELECT|WITH|TABLE|VALUES|\\(|EXPLAIN|@).*", Pattern.DOTALL);

    private static final Pattern STATEMENT_ID = Pattern.compile("handler \\(\\d+\\)");
    private static final Pattern QUERY =
            Pattern.compile("(?:SELECT|WITH|TABLE|VALUES|\\(|EXPLAIN)[^;]*", Pattern.DOTALL);
    private static final Pattern IN_READ_ONLY_TRANSACTION = Pattern.compile(
            "BEGIN|START TRANSACTION(?: WITH CONSISTENT SNAPSHOT)?|(?:RENAME|LOCK|CREATE|DROP|ALTER|TRUNCATE|ANALYZE) .*|.*;.*",
            Pattern.DOTALL);
    private static final Pattern LEAVES_NOTHING = Pattern.compile(
            "@(?:ping|reset|set_option|unknown|close|reset_statement|long_data)\\b.*|.*SET (?:NAMES|CHARACTER SET) .*",
            Pattern.DOTALL);
    private static final Pattern QUESTION = Pattern.compile(
            ".*(?:DIAGNOSTICS|SHOW WARNINGS|SHOW ERRORS|SHOW COUNT|ROW_COUNT\\(|FOUND_ROWS\\(|@@warning_count).*",
            Pattern.DOTALL);
    private static final int READ_ONLY_TRANSACTION = 1792;
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
            if (step.startsWith("@") && RawClient.first(packet) == RawClient.ERR) {
                String error = new String(packet, StandardCharsets.ISO_8859_1);
                packet = STATEMENT_ID.matcher(error).replaceFirst("handler (?)").getBytes(StandardCharsets.ISO_8859_1);
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
        return packet.length > COLUMN.length && Arrays.equals(packet, 0, COLUMN.length, COLUMN, 0, COLUMN.length);
    }

    /** Whether both refuse a statement that writes in a read-only transaction, if not for the same reason. */
    static boolean isRefusedByBoth(Observation direct, Observation proxied) {
        return direct.isError() && direct.packets().size() == 1 && proxied.errorCode() == READ_ONLY_TRANSACTION;
    }

    /** Whether a step is about the statement before it. */
    static boolean isQuestion(String step) {
        return QUESTION.matcher(step).matches();
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
        return LEAVES_NOTHING.matcher(subject).matches()
                || ERRORS_OF_SLUICE.contains(answer.errorCode())
                || (question.contains("FOUND_ROWS()") && !hasFoundRows)
                || (question.contains("ROW_COUNT") && subject.startsWith("@prepare "))
                || (question.startsWith("GET ")
                        && (answer.hasRows() || MAY_READ.matcher(subject).matches()));
    }
}
