package dev.sluice.server.it;

import dev.sluice.protocol.ServerStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The differences from a direct connection that {@link DifferentialIT} allows, and how often each was seen;
 * {@code docs/compatibility.md} has their reasons. Thread-safe: patterns, and counters for any thread.
 */
final class KnownDifferences {
    /** What may differ. Immutable. */
    enum Rule {
        /** The id in the answer to COM_STMT_PREPARE is Sluice's; so is the one in errors 1243 and 1421. */
        STATEMENT_ID("Ids of prepared statements"),
        /** Clients without CLIENT_DEPRECATE_EOF: flags and warnings between columns and rows. Those behind the rows count. */
        EOF_BEHIND_COLUMNS("The EOF packet between columns and rows"),
        /** Clients without CLIENT_DEPRECATE_EOF: "more results", "OUT parameters" and the warnings are said behind the row of these, not in front of it. */
        OUT_PARAMETERS("The EOF packet between columns and rows"),
        /** COM_PING, COM_SET_OPTION and COM_INIT_DB: the number of warnings that the statement before has left. */
        WARNINGS_LEFT("`COM_PING`, `COM_SET_OPTION`, `COM_INIT_DB`"),
        /** Whether SHOW, a join or a subquery uses an index is up to the statistics of each server. */
        INDEX_FLAGS("The flags of `SHOW`"),
        /** The tables that SHOW reads, and whether their columns are keys, are up to the server's statistics of its dictionary. */
        DICTIONARY_COLUMNS("The flags of `SHOW`"),
        /** Length and decimals of a column that is computed from parameters, and BINARY_FLAG of a computed one, depend on how the statement ran before, where it ran then. */
        OF_PARAMETERS("Metadata, warnings and conversions of parameters"),
        /** Whether a column comes from a temporary table is up to the plan: its schema and whether it is a key; if computed, its original name, type and flags. */
        PLANNED_COLUMNS("The flags of `SHOW`"),
        /** The type of a user variable that was never set, where a write has read it or was prepared to set it: that has made it. */
        UNSET_VARIABLE("The type of a user variable"),
        /** Error 3988 names the collation of character_set_client, which is not reported. */
        CLIENT_COLLATION("Error 3988"),
        /** CALL of a procedure that runs no statement with a number of rows: the number is that of the statement before on that connection. */
        ROWS_OF_CALL("Affected rows of `CALL`"),
        /** SERVER_STATUS_METADATA_CHANGED, and warnings of an execution before which the server has prepared the statement again. */
        PREPARED_AGAIN("`SERVER_STATUS_METADATA_CHANGED`"),
        /** Clients without CLIENT_DEPRECATE_EOF: an EOF between the columns and the error of a cursor that cannot be opened. */
        CURSOR_NOT_OPENED("A cursor that cannot be opened"),

        /** A write that a read-only transaction refuses is error 1792, whatever else is wrong with it. */
        REFUSED_FOR_ANOTHER_REASON("A write in a read-only transaction"),
        /** A question about an execution whose arguments were wrong: the server keeps what was said of the statement before. */
        BEHIND_WRONG_ARGUMENTS("Warnings and errors after COM_FIELD_LIST"),
        /** ROW_COUNT() behind such a CALL is the same number. */
        BEHIND_CALL("Affected rows of `CALL`"),
        /** A question about COM_FIELD_LIST or a failed COM_INIT_DB, which adds to what was said of the statement before on that server. */
        BEHIND_FIELD_LIST("Warnings and errors after COM_FIELD_LIST"),
        /** A question about a statement that a replica refused, or about a question that Sluice did: it has their words. */
        BEHIND_REFUSAL("A write in a read-only transaction"),
        /** Inside a read-only transaction an isolation level takes effect at once, with which a snapshot may warn. */
        BEHIND_SNAPSHOT("`START TRANSACTION WITH CONSISTENT SNAPSHOT`"),
        /** FOUND_ROWS() of a statement whose answer does not tell it is an error when its connection has been lent. */
        FOUND_ROWS("`FOUND_ROWS()`"),
        /** LAST_INSERT_ID() in a read-only transaction and behind an INSERT that one has refused. */
        INSERT_ID_IN_READ_ONLY_TRANSACTION("`LAST_INSERT_ID()` in a read-only transaction"),
        /** ROW_COUNT() behind COM_PING is 0 on a server. Not sent. */
        BEHIND_PING("`ROW_COUNT()` after `COM_PING`"),
        /** The connection of the statement in question has been lent, and what is asked about that error: once, then the user's sessions keep theirs. */
        CONNECTION_LENT("The same in statements that do more"),

        /** Inside a read-only transaction of a session without autocommit, an access mode for those that follow. Not sent: it is rare to matter. */
        ACCESS_MODE_IN_READ_ONLY_TRANSACTION("The access mode of the session, set inside a read-only transaction"),
        /** In a read-only transaction DDL is refused with 1792. Not sent. */
        DEFINITION_IN_READ_ONLY_TRANSACTION("A write in a read-only transaction"),
        /** In a read-only transaction on a replica GET_LOCK and the like are refused with 1105. Not sent. */
        LOCK_IN_READ_ONLY_TRANSACTION("`GET_LOCK`, `IS_FREE_LOCK`"),
        /** In a read-only transaction XA ends it. Not sent. */
        XA_IN_READ_ONLY_TRANSACTION("`XA` in a read-only transaction"),
        /** In a read-only transaction several statements in one packet are refused with 1105. Not sent. */
        SEVERAL_IN_READ_ONLY_TRANSACTION("A write in a read-only transaction"),
        /** With sql_safe_updates, whether a change that reads other tables uses a key decides whether it is refused. Not sent. */
        PLAN_OF_SAFE_UPDATE("The flags of `SHOW`"),
        /** GET DIAGNOSTICS after a read that has left warnings or an error outside a transaction leaves user variables on a replica. Not sent. */
        DIAGNOSTICS_OF_A_READ("`GET DIAGNOSTICS ... @v` after a read"),
        /** MySQL 8.0.31 does not end its answer when a statement that has a cursor is executed without one. Not sent. */
        EXECUTE_BEHIND_CURSOR("Executing a statement without a cursor"),

        /** What a read-only transaction has left on its replica keeps the session there: the script ends. */
        PINNED_TO_REPLICA("`GET DIAGNOSTICS ... @v` after a read");

        private static final Set<Rule> OF_PACKETS = EnumSet.of(
                STATEMENT_ID,
                EOF_BEHIND_COLUMNS,
                OUT_PARAMETERS,
                WARNINGS_LEFT,
                INDEX_FLAGS,
                DICTIONARY_COLUMNS,
                PLANNED_COLUMNS,
                UNSET_VARIABLE,
                CLIENT_COLLATION,
                ROWS_OF_CALL,
                OF_PARAMETERS);

        private final String row;

        /** @param row how its row in {@code docs/compatibility.md} begins */
        Rule(String row) {
            this.row = row;
        }

        String row() {
            return row;
        }
    }

    private static final int STATEMENT_ID_END = 5;
    private static final int WARNINGS_IN_OK = 5;
    private static final int WARNINGS_IN_EOF = 1;
    /** What a number begins with that has more than one byte. */
    private static final int LONGER = 251;

    private static final int EOF_LENGTH = 5;
    private static final int STATUS = 3;
    private static final int EOF_LENGTH_MAX = 9;
    /** In the second byte of the flags. */
    private static final int METADATA_CHANGED = ServerStatus.SERVER_STATUS_METADATA_CHANGED >> Byte.SIZE;

    private static final int INDEX_FLAGS =
            ServerStatus.SERVER_QUERY_NO_GOOD_INDEX_USED | ServerStatus.SERVER_QUERY_NO_INDEX_USED;
    /** Of a column: schema, table, original table. */
    private static final int NAMES_OF_TABLE = 3;
    /** Of a column: flags, decimals and two zeros. */
    private static final int FLAGS_FROM_END = 5;
    /** Length, type, flags, decimals and two zeros. */
    private static final int LENGTH_FROM_END = 10;

    private static final int DECIMALS_FROM_END = 3;

    /** The longest name with one byte for its length. */
    private static final int SHORT_NAME_MAX = 250;

    /** PRI_KEY_FLAG, UNIQUE_KEY_FLAG, MULTIPLE_KEY_FLAG. */
    private static final int KEY_FLAGS = 2 | 4 | 8;

    private static final int PART_KEY_FLAG = 0x4000;
    private static final int BINARY_FLAG = 0x80;

    private static final byte[] COLUMN = {3, 'd', 'e', 'f'};
    private static final byte[] COLUMN_WITHOUT_SCHEMA = {3, 'd', 'e', 'f', 0};
    /** A column of no table. */
    private static final byte[] COMPUTED_COLUMN = {3, 'd', 'e', 'f', 0, 0, 0};
    /** Character set, length, type, flags and decimals of a user variable that is not there. */
    private static final byte[] TYPE_OF_NOTHING = {
        63, 0, (byte) 0xFC, (byte) 0xFF, 0, 0, (byte) 0xFD, (byte) 0x80, 0, 0x1F, 0, 0
    };
    /** The same in a character set whose characters have at most three bytes, or one. */
    private static final byte[] TYPE_OF_NOTHING_IN_FEWER_BYTES = {
        63, 0, (byte) 0xFF, (byte) 0xFF, 0, 0, (byte) 0xFD, (byte) 0x80, 0, 0x1F, 0, 0
    };
    /** Of one that a statement has made, without giving it a value. */
    private static final byte[] TYPE_OF_EMPTY = {
        63, 0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0, (byte) 0xFA, (byte) 0x80, 0, 0x1F, 0, 0
    };
    /** Of one that a statement has made, which would give it a text: type, flags, decimals. The collation is the session's. */
    private static final byte[] TYPE_OF_TEXT = {(byte) 0xFB, 0, 0, 0x1F, 0, 0};
    /** In a row as text. */
    private static final byte NULL = (byte) 0xFB;

    private static final String SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT";
    private static final Pattern NUMBER_OF_WARNINGS_LEFT =
            Pattern.compile("@(?:ping|set_option|init_db)\\b.*|" + SNAPSHOT);
    /** Statements whose plan depends on statistics, of the server's own tables or because there is more than one plan. */
    private static final Pattern PLANNED = Pattern.compile(
            "SHOW |DESCRIBE |information_schema|HELP |JOIN |SELECT .*SELECT |TABLE |n x, n y|, w SET", Pattern.DOTALL);

    private static final Pattern CHANGES_BY_QUERY =
            Pattern.compile("(?:UPDATE|DELETE|INSERT|REPLACE) .*SELECT ", Pattern.DOTALL);

    /** With the length of the message in front of it. */
    private static final Pattern ID_IN_ROW =
            Pattern.compile(".(Unknown prepared statement handler|The statement) \\(\\d+\\)", Pattern.DOTALL);

    private static final Pattern USER_LOCK = Pattern.compile("GET_LOCK|IS_FREE_LOCK|IS_USED_LOCK|RELEASE_LOCK");
    /** Error 3988. */
    private static final Pattern CLIENT_COLLATION = Pattern.compile("(Conversion from collation )\\w+");
    /** It only sets a variable. */
    private static final Pattern CALL_WITHOUT_ROWS = Pattern.compile("CALL po\\(");

    private static final Pattern EXECUTION = Pattern.compile("@(?:execute|cursor) ");
    /** The tables and the view that scripts define. */
    private static final Pattern REDEFINED = Pattern.compile("\\bx[012]\\b");

    private static final Pattern ROW_COUNT = Pattern.compile("ROW_COUNT\\(");
    private static final Pattern ID_IN_ERROR = Pattern.compile("(handler|statement) \\(\\d+\\)");
    /** What may have run on a replica, and failed there. */
    private static final Pattern MAY_READ =
            Pattern.compile("(?:SELECT|WITH|TABLE|VALUES|\\(|EXPLAIN|@).*", Pattern.DOTALL);

    private static final Pattern ACCESS_MODE =
            Pattern.compile("SET .*(?:SESSION TRANSACTION .*READ (?:ONLY|WRITE)|transaction_read_only).*");
    private static final Pattern DEFINITION =
            Pattern.compile("(?:RENAME|CREATE|DROP|ALTER|TRUNCATE|ANALYZE) .*", Pattern.DOTALL);
    private static final Pattern QUESTION = Pattern.compile(
            ".*(?:DIAGNOSTICS|SHOW WARNINGS|SHOW ERRORS|SHOW COUNT|ROW_COUNT\\(|FOUND_ROWS\\(|@@warning_count).*",
            Pattern.DOTALL);
    private static final Pattern INSERT_ID = Pattern.compile("last_insert_id|@@identity", Pattern.CASE_INSENSITIVE);
    private static final int WRONG_ARGUMENTS = 1210;
    private static final int CANNOT_CONVERT_PARAMETER = 3988;
    private static final String WRONG_ARGUMENT = "value is out of range in 'mysqld_stmt_execute'";
    private static final int READ_ONLY_TRANSACTION = 1792;
    private static final int ERROR_OF_SLUICE = 1105;
    private static final String PINNED_TO_REPLICA = "needs the primary, and the session is pinned to a replica";
    private static final String LENT = "The connection that ran the previous statement serves another session now";

    private final Map<Rule, LongAdder> seen = new EnumMap<>(Rule.class);

    KnownDifferences() {
        for (Rule rule : Rule.values()) {
            seen.put(rule, new LongAdder());
        }
    }

    private LongAdder counter(Rule rule) {
        return seen.getOrDefault(rule, new LongAdder());
    }

    long seen(Rule rule) {
        return counter(rule).sum();
    }

    @Override
    public String toString() {
        return seen.toString();
    }

    /** Whether a step is not sent, because of what it would leave behind on one side only. */
    boolean leavesOut(String step, Conversation before) {
        Rule rule = left(step, before.sqlOf(step), before);
        if (rule != null) {
            counter(rule).increment();
        }
        return rule != null;
    }

    private static @Nullable Rule left(String step, String sql, Conversation before) {
        if (step.startsWith("@execute ") && before.hasCursor(step)) {
            return Rule.EXECUTE_BEHIND_CURSOR;
        } else if (before.isPinged() && sql.toUpperCase(Locale.ROOT).contains("ROW_COUNT")) {
            return Rule.BEHIND_PING;
        } else if (before.hasSafeUpdates() && CHANGES_BY_QUERY.matcher(sql).find()) {
            return Rule.PLAN_OF_SAFE_UPDATE;
        } else if (step.startsWith("GET ")
                && before.leftConditions()
                && (before.answer().hasRows()
                        || before.lastAnswer().hasRows()
                        || MAY_READ.matcher(before.subject()).matches())) {
            return Rule.DIAGNOSTICS_OF_A_READ;
        } else if (!before.isReadOnly()) {
            return null;
        } else if (!before.isAutocommit() && ACCESS_MODE.matcher(sql).matches()) {
            return Rule.ACCESS_MODE_IN_READ_ONLY_TRANSACTION;
        } else if (DEFINITION.matcher(sql).matches()) {
            return Rule.DEFINITION_IN_READ_ONLY_TRANSACTION;
        } else if (USER_LOCK.matcher(sql).find()) {
            return Rule.LOCK_IN_READ_ONLY_TRANSACTION;
        } else if (sql.startsWith("XA ")) {
            return Rule.XA_IN_READ_ONLY_TRANSACTION;
        }
        return sql.contains(";") ? Rule.SEVERAL_IN_READ_ONLY_TRANSACTION : null;
    }

    /** Whether two answers that are not the same are known to differ. */
    boolean explains(String step, Conversation before, Observation direct, Observation proxied) {
        if (differOnlyInside(step, before.sqlOf(step), direct, proxied)) {
            return true;
        }
        Rule rule = ofAnswer(step, before, direct, proxied);
        if (rule != null) {
            counter(rule).increment();
        }
        return rule != null;
    }

    private static @Nullable Rule ofAnswer(String step, Conversation before, Observation direct, Observation proxied) {
        String sql = before.sqlOf(step);
        if (isPinnedToReplica(proxied)) {
            return Rule.PINNED_TO_REPLICA;
        } else if (direct.isEnded() || proxied.isEnded()) {
            return null;
        } else if (before.isReadOnly() && isRefusedByBoth(direct, proxied)) {
            return Rule.REFUSED_FOR_ANOTHER_REASON;
        } else if (step.startsWith("@cursor ") && isNotOpened(direct, proxied)) {
            return Rule.CURSOR_NOT_OPENED;
        } else if (INSERT_ID.matcher(sql).find() && before.hasTwoInsertIds()) {
            return Rule.INSERT_ID_IN_READ_ONLY_TRANSACTION;
        } else if (!isQuestion(step)) {
            return null;
        }
        return ofQuestion(step, before, proxied);
    }

    private static @Nullable Rule ofQuestion(String step, Conversation before, Observation proxied) {
        String subject = before.subject();
        int error = before.answer().errorCode();
        boolean foundRows = step.toUpperCase(Locale.ROOT).contains("FOUND_ROWS()");
        if (isLent(proxied)) {
            return foundRows ? Rule.FOUND_ROWS : Rule.CONNECTION_LENT;
        } else if (error == READ_ONLY_TRANSACTION || before.isLent()) {
            return Rule.BEHIND_REFUSAL;
        } else if (before.isFieldListed()) {
            return Rule.BEHIND_FIELD_LIST;
        } else if (error == WRONG_ARGUMENTS
                || (error == CANNOT_CONVERT_PARAMETER
                        && EXECUTION.matcher(subject).lookingAt())
                || before.answer().describe().contains(WRONG_ARGUMENT)) {
            return Rule.BEHIND_WRONG_ARGUMENTS;
        } else if (before.answer().packets().stream().anyMatch(KnownDifferences::preparedAgain)) {
            return Rule.PREPARED_AGAIN;
        } else if (CALL_WITHOUT_ROWS.matcher(before.sqlOf(subject)).lookingAt()
                && ROW_COUNT.matcher(step).find()) {
            return Rule.BEHIND_CALL;
        }
        return subject.equals(SNAPSHOT) ? Rule.BEHIND_SNAPSHOT : null;
    }

    /** Whether nothing but parts of packets differ that may, each of which is counted. */
    private boolean differOnlyInside(String step, String sql, Observation direct, Observation proxied) {
        int count = direct.packets().size();
        if (direct.isEnded() || proxied.isEnded() || proxied.packets().size() != count) {
            return false;
        }
        EnumSet<Rule> used = EnumSet.noneOf(Rule.class);
        for (int i = 0; i < count; i++) {
            byte[] left = direct.packets().get(i);
            byte[] right = proxied.packets().get(i);
            boolean again = REDEFINED.matcher(sql).find() || preparedAgain(left) != preparedAgain(right);
            if (again && EXECUTION.matcher(step).lookingAt() && isEof(left) && isEof(right)) {
                used.add(Rule.PREPARED_AGAIN);
                left = withoutPreparing(left);
                right = withoutPreparing(right);
            }
            for (Rule rule : Rule.OF_PACKETS) {
                if (Arrays.equals(left, right)) {
                    break;
                }
                byte[] leftMasked = masked(rule, step, sql, direct.packets(), i, left);
                byte[] rightMasked = masked(rule, step, sql, proxied.packets(), i, right);
                if (!Arrays.equals(leftMasked, left) || !Arrays.equals(rightMasked, right)) {
                    used.add(rule);
                }
                left = leftMasked;
                right = rightMasked;
            }
            if (!Arrays.equals(left, right)) {
                return false;
            }
        }
        used.forEach(rule -> counter(rule).increment());
        return true;
    }

    private static boolean preparedAgain(byte[] packet) {
        return isEof(packet) && (packet[STATUS + 1] & METADATA_CHANGED) != 0;
    }

    /** Both forms have their status flags in the same place. */
    private static boolean isEof(byte[] packet) {
        return RawClient.first(packet) == RawClient.EOF
                && packet.length >= EOF_LENGTH
                && packet.length < EOF_LENGTH_MAX;
    }

    private static byte[] withoutPreparing(byte[] packet) {
        int warnings = packet.length == EOF_LENGTH ? WARNINGS_IN_EOF : WARNINGS_IN_OK;
        byte[] changed = zeroed(packet, warnings, warnings + 2);
        changed[STATUS + 1] &= ~METADATA_CHANGED;
        return changed;
    }

    /** A packet with zeros for what may differ by a rule. */
    private static byte[] masked(Rule rule, String step, String sql, List<byte[]> packets, int index, byte[] packet) {
        boolean ok = index == 0 && RawClient.first(packet) == RawClient.OK;
        boolean eof = RawClient.first(packet) == RawClient.EOF;
        boolean oldEof = eof && packet.length == EOF_LENGTH;
        boolean inFrontOfRows =
                oldEof && index > 0 && index + 1 < packets.size() && startsWith(packets.get(index - 1), COLUMN);
        return switch (rule) {
            case STATEMENT_ID -> withoutId(step, packet, ok);
            case EOF_BEHIND_COLUMNS -> inFrontOfRows ? zeroed(packet, 1, EOF_LENGTH) : packet;
            case OUT_PARAMETERS ->
                EXECUTION.matcher(step).lookingAt() && oldEof && !inFrontOfRows ? withoutOutParameters(packet) : packet;
            case WARNINGS_LEFT -> {
                int from = oldEof ? WARNINGS_IN_EOF : WARNINGS_IN_OK;
                boolean left = NUMBER_OF_WARNINGS_LEFT.matcher(step).matches();
                yield left && (ok || eof) ? zeroed(packet, from, from + 2) : packet;
            }
            case INDEX_FLAGS -> {
                boolean changes =
                        ok && isShortOk(packet) && CHANGES_BY_QUERY.matcher(sql).find();
                yield changes || (eof && PLANNED.matcher(sql).find()) ? withoutIndexFlags(packet) : packet;
            }
            case DICTIONARY_COLUMNS ->
                sql.contains("SHOW ") && startsWith(packet, COLUMN) ? withoutTable(packet) : packet;
            case PLANNED_COLUMNS ->
                PLANNED.matcher(sql).find() && startsWith(packet, COLUMN) ? withoutPlan(packet) : packet;
            case UNSET_VARIABLE -> isUnsetVariable(packets, packet) ? onlyName(packet) : packet;
            case CLIENT_COLLATION ->
                RawClient.first(packet) == RawClient.ERR ? replaced(packet, CLIENT_COLLATION, "$1?") : packet;
            case ROWS_OF_CALL -> {
                boolean last = index == packets.size() - 1 && RawClient.first(packet) == RawClient.OK;
                yield CALL_WITHOUT_ROWS.matcher(sql).lookingAt() && (ok || last) ? zeroed(packet, 1, 2) : packet;
            }
            case OF_PARAMETERS -> EXECUTION.matcher(step).lookingAt() ? withoutHistory(packet) : packet;
            default -> packet;
        };
    }

    /** A column of a prepared statement without what depends on its executions before. */
    private static byte[] withoutHistory(byte[] packet) {
        if (startsWith(packet, COLUMN_WITHOUT_SCHEMA) && !startsWith(packet, COMPUTED_COLUMN)) {
            // Of a subquery that has no table either, its alias being no name of one.
            int alias = packet[COLUMN_WITHOUT_SCHEMA.length];
            return packet[COLUMN_WITHOUT_SCHEMA.length + 1 + alias] == 0 ? withoutBinaryFlag(packet) : packet;
        } else if (!startsWith(packet, COMPUTED_COLUMN)) {
            return packet;
        }
        int nameEnd = COMPUTED_COLUMN.length + 1 + Math.min(packet[COMPUTED_COLUMN.length] & 0xFF, SHORT_NAME_MAX);
        boolean depends = latin1(packet, COMPUTED_COLUMN.length + 1, nameEnd).contains("?");
        byte[] changed = depends
                ? zeroed(packet, packet.length - LENGTH_FROM_END, packet.length - LENGTH_FROM_END + 4)
                : packet.clone();
        if (depends) {
            changed[packet.length - DECIMALS_FROM_END] = 0;
        }
        return withoutBinaryFlag(changed);
    }

    private static byte[] withoutBinaryFlag(byte[] column) {
        byte[] changed = column.clone();
        changed[column.length - FLAGS_FROM_END] &= ~BINARY_FLAG;
        return changed;
    }

    private static byte[] withoutId(String step, byte[] packet, boolean ok) {
        if (ok && step.startsWith("@prepare ")) {
            return zeroed(packet, 1, STATEMENT_ID_END);
        } else if (step.startsWith("@") && RawClient.first(packet) == RawClient.ERR) {
            return replaced(packet, ID_IN_ERROR, "$1 (?)");
        } else if (step.startsWith("SHOW ")) {
            return replaced(packet, ID_IN_ROW, "$1 (?)");
        }
        return packet;
    }

    private static String latin1(byte[] packet, int from, int to) {
        return new String(packet, from, Math.min(to, packet.length) - from, StandardCharsets.ISO_8859_1);
    }

    private static byte[] replaced(byte[] packet, Pattern part, String by) {
        String text = new String(packet, StandardCharsets.ISO_8859_1);
        return part.matcher(text).replaceFirst(by).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The flags behind the row of OUT parameters, which have no effect there. */
    private static byte[] withoutOutParameters(byte[] packet) {
        int flags = (packet[STATUS] & 0xFF) | (packet[STATUS + 1] & 0xFF) << 8;
        if ((flags & ServerStatus.SERVER_PS_OUT_PARAMS) == 0) {
            return packet;
        }
        byte[] changed = zeroed(packet, WARNINGS_IN_EOF, WARNINGS_IN_EOF + 2);
        flags &= ~(ServerStatus.SERVER_PS_OUT_PARAMS | ServerStatus.SERVER_MORE_RESULTS_EXISTS);
        changed[STATUS] = (byte) flags;
        changed[STATUS + 1] = (byte) (flags >> 8);
        return changed;
    }

    /** Whether its numbers of rows and of the insert id have a byte each. */
    private static boolean isShortOk(byte[] packet) {
        return packet.length > STATUS + 1 && (packet[1] & 0xFF) < LONGER && (packet[2] & 0xFF) < LONGER;
    }

    /** In all forms of the packet. */
    private static byte[] withoutIndexFlags(byte[] packet) {
        byte[] changed = packet.clone();
        changed[STATUS] &= (byte) ~INDEX_FLAGS;
        return changed;
    }

    /** A column without its schema, tables and flags. */
    private static byte[] withoutTable(byte[] packet) {
        int from = COLUMN.length;
        int to = from;
        for (int i = 0; i < NAMES_OF_TABLE; i++) {
            to += 1 + packet[to];
        }
        byte[] rest = Arrays.copyOfRange(packet, to, packet.length);
        return zeroed(rest, rest.length - FLAGS_FROM_END, rest.length - FLAGS_FROM_END + 2);
    }

    /** Whether it is the column of a user variable that is not there, or is there and has never had a value. */
    private static boolean isUnsetVariable(List<byte[]> packets, byte[] packet) {
        if (!startsWith(packet, COMPUTED_COLUMN) || packet[COMPUTED_COLUMN.length + 1] != '@') {
            return false;
        }
        int from = packet.length - TYPE_OF_NOTHING.length;
        boolean isNothing = Stream.of(TYPE_OF_NOTHING, TYPE_OF_NOTHING_IN_FEWER_BYTES, TYPE_OF_EMPTY)
                .anyMatch(type -> endsWith(packet, from, type));
        boolean isText = endsWith(packet, packet.length - TYPE_OF_TEXT.length, TYPE_OF_TEXT);
        return isNothing || (isText && hasOnlyNulls(packets));
    }

    /** Whether it is an answer with rows as text, in which nothing has a value. */
    private static boolean hasOnlyNulls(List<byte[]> packets) {
        int columns = packets.get(0)[0];
        return packets.subList(columns + 1, packets.size() - 1).stream()
                .filter(row -> !isEof(row))
                .allMatch(row -> Arrays.equals(row, nulls(columns)));
    }

    private static byte[] nulls(int count) {
        byte[] nulls = new byte[count];
        Arrays.fill(nulls, NULL);
        return nulls;
    }

    private static boolean endsWith(byte[] packet, int from, byte[] end) {
        return Arrays.equals(packet, from, packet.length, end, 0, end.length);
    }

    /** A computed column up to the name that the client knows it by. */
    private static byte[] onlyName(byte[] packet) {
        int length = packet[COMPUTED_COLUMN.length] & 0xFF;
        return Arrays.copyOf(packet, COMPUTED_COLUMN.length + 1 + Math.min(length, SHORT_NAME_MAX));
    }

    /** A column without what a temporary table makes of it. */
    private static byte[] withoutPlan(byte[] packet) {
        if (startsWith(packet, COMPUTED_COLUMN)) {
            return onlyName(packet);
        }
        byte[] changed = Arrays.copyOfRange(packet, COLUMN.length + 1 + packet[COLUMN.length], packet.length);
        int flags = changed.length - FLAGS_FROM_END;
        changed[flags] &= ~KEY_FLAGS;
        changed[flags + 1] &= ~(PART_KEY_FLAG >> Byte.SIZE);
        return changed;
    }

    private static byte[] zeroed(byte[] packet, int from, int to) {
        byte[] changed = packet.clone();
        Arrays.fill(changed, from, to, (byte) 0);
        return changed;
    }

    private static boolean startsWith(byte[] packet, byte[] head) {
        return packet.length > head.length && Arrays.equals(packet, 0, head.length, head, 0, head.length);
    }

    /** Whether nothing differs but one EOF in front of the error. */
    private static boolean isNotOpened(Observation direct, Observation proxied) {
        int eof = proxied.packets().size() - 2;
        if (!direct.isError() || eof < 1 || eof + 1 != direct.packets().size()) {
            return false;
        }
        byte[] extra = proxied.packets().get(eof);
        List<byte[]> rest = new ArrayList<>(proxied.packets());
        rest.remove(eof);
        return RawClient.first(extra) == RawClient.EOF
                && extra.length == EOF_LENGTH
                && direct.isSame(new Observation(rest, proxied.end()));
    }

    /** Whether both refuse a statement that writes in a read-only transaction, if not for the same reason. */
    private static boolean isRefusedByBoth(Observation direct, Observation proxied) {
        return direct.isError() && direct.packets().size() == 1 && proxied.errorCode() == READ_ONLY_TRANSACTION;
    }

    /** Whether Sluice refuses a statement because of what a read-only transaction has left on its replica. */
    static boolean isPinnedToReplica(Observation proxied) {
        return proxied.errorCode() == ERROR_OF_SLUICE && proxied.describe().contains(PINNED_TO_REPLICA);
    }

    /**
     * Whether a session has done what the other was refused because its connection was lent, or has asked about that refusal or
     * about COM_FIELD_LIST and kept the answer: they are not the same any more.
     */
    static boolean partsSessions(String step, Conversation before, Observation direct, Observation proxied) {
        boolean keepsAnswer = (before.isLent() || before.isFieldListed()) && step.startsWith("GET ");
        return !direct.isError() && !direct.hasRows() && (isLent(proxied) || keepsAnswer);
    }

    static boolean isLent(Observation proxied) {
        return proxied.errorCode() == ERROR_OF_SLUICE && proxied.describe().contains(LENT);
    }

    /** Whether a step is about the statement before it. */
    static boolean isQuestion(String step) {
        return QUESTION.matcher(step).matches();
    }
}
