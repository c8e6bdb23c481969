package dev.sluice.server.it;

import dev.sluice.protocol.ServerStatus;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The differences from a direct connection that {@link DifferentialIT} allows, and how often each was seen;
 * {@code docs/compatibility.md} has their reasons. Thread-safe: patterns, and counters for any thread.
 */
final class KnownDifferences {
    /** What may differ. Immutable. */
    enum Rule {
        /** The id in the answer to COM_STMT_PREPARE is Sluice's; so is the one in errors 1243 and 1421. */
        STATEMENT_ID,
        /** Clients without CLIENT_DEPRECATE_EOF: flags and warnings between columns and rows. Those behind the rows count. */
        EOF_BEHIND_COLUMNS,
        /** Clients without CLIENT_DEPRECATE_EOF: "more results" and "OUT parameters" are said behind the row of these, too. */
        OUT_PARAMETERS,
        /** COM_PING, COM_SET_OPTION and COM_INIT_DB: the number of warnings that the statement before has left. */
        WARNINGS_LEFT,
        /** Whether SHOW, a join or a subquery uses an index is up to the statistics of each server. */
        INDEX_FLAGS,
        /** The tables that SHOW reads, and whether their columns are keys, are up to the server's statistics of its dictionary. */
        DICTIONARY_COLUMNS,
        /** The length of a column that is nothing but a parameter depends on the types that it had before, where it ran then. */
        PARAMETER_LENGTH,

        /** A write that a read-only transaction refuses is error 1792, whatever else is wrong with it. */
        REFUSED_FOR_ANOTHER_REASON,
        /** A question about an execution whose arguments were wrong: the server keeps what was said of the statement before. */
        BEHIND_WRONG_ARGUMENTS,
        /** A question about COM_FIELD_LIST, which adds to what was said of the statement before on that server. */
        BEHIND_FIELD_LIST,
        /** A question about a statement that a replica refused, or about a question that Sluice did: it has their words. */
        BEHIND_REFUSAL,
        /** Inside a read-only transaction an isolation level takes effect at once, with which a snapshot may warn. */
        BEHIND_SNAPSHOT,
        /** FOUND_ROWS() of a statement whose answer does not tell it is an error when its connection has been lent. */
        FOUND_ROWS,
        /** LAST_INSERT_ID() in a read-only transaction and behind an INSERT that one has refused. */
        INSERT_ID_IN_READ_ONLY_TRANSACTION,
        /** ROW_COUNT() behind COM_PING is 0 on a server. Not sent. */
        BEHIND_PING,
        /** The connection of the statement in question has been lent, and what is asked about that error: once, then the user's sessions keep theirs. */
        CONNECTION_LENT,

        /** In a read-only transaction DDL is refused with 1792. Not sent. */
        DEFINITION_IN_READ_ONLY_TRANSACTION,
        /** In a read-only transaction XA ends it. Not sent. */
        XA_IN_READ_ONLY_TRANSACTION,
        /** In a read-only transaction several statements in one packet are refused with 1105. Not sent. */
        SEVERAL_IN_READ_ONLY_TRANSACTION,
        /** GET DIAGNOSTICS after a read that has left warnings or an error outside a transaction leaves user variables on a replica. Not sent. */
        DIAGNOSTICS_OF_A_READ,
        /** MySQL 8.0.31 does not end its answer when a statement that has a cursor is executed without one. Not sent. */
        EXECUTE_BEHIND_CURSOR,

        /** What a read-only transaction has left on its replica keeps the session there: the script ends. */
        PINNED_TO_REPLICA;

        private static final Set<Rule> OF_PACKETS = EnumSet.of(
                STATEMENT_ID,
                EOF_BEHIND_COLUMNS,
                OUT_PARAMETERS,
                WARNINGS_LEFT,
                INDEX_FLAGS,
                DICTIONARY_COLUMNS,
                PARAMETER_LENGTH);
    }

    private static final int STATEMENT_ID_END = 5;
    private static final int WARNINGS_IN_OK = 5;
    private static final int WARNINGS_IN_EOF = 1;
    private static final int EOF_LENGTH = 5;
    private static final int STATUS = 3;
    private static final int INDEX_FLAGS =
            ServerStatus.SERVER_QUERY_NO_GOOD_INDEX_USED | ServerStatus.SERVER_QUERY_NO_INDEX_USED;
    /** Of a column: schema, table, original table. */
    private static final int NAMES_OF_TABLE = 3;
    /** Of a column: flags, decimals and two zeros. */
    private static final int FLAGS_FROM_END = 5;

    private static final byte[] COLUMN = {3, 'd', 'e', 'f'};
    /** A column that is a parameter and nothing else, up to the character set in front of its length. */
    private static final byte[] BARE_PARAMETER = {3, 'd', 'e', 'f', 0, 0, 0, 1, '?', 0, 0x0c};

    private static final int PARAMETER_LENGTH = BARE_PARAMETER.length + 2;

    private static final String SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT";
    private static final Pattern NUMBER_OF_WARNINGS_LEFT =
            Pattern.compile("@(?:ping|set_option|init_db)\\b.*|" + SNAPSHOT);
    /** Statements whose plan depends on statistics, of the server's own tables or because there is more than one plan. */
    private static final Pattern PLANNED = Pattern.compile(
            "SHOW |DESCRIBE |information_schema|HELP |JOIN |SELECT .*SELECT |TABLE |n x, n y|, w SET", Pattern.DOTALL);

    /** With the length of the message in front of it. */
    private static final Pattern ID_IN_ROW =
            Pattern.compile(".(Unknown prepared statement handler|The statement) \\(\\d+\\)", Pattern.DOTALL);

    private static final Pattern ID_IN_ERROR = Pattern.compile("(handler|statement) \\(\\d+\\)");
    /** What may have run on a replica, and failed there. */
    private static final Pattern MAY_READ =
            Pattern.compile("(?:SELECT|WITH|TABLE|VALUES|\\(|EXPLAIN|@).*", Pattern.DOTALL);

    private static final Pattern DEFINITION =
            Pattern.compile("(?:RENAME|CREATE|DROP|ALTER|TRUNCATE|ANALYZE) .*", Pattern.DOTALL);
    private static final Pattern QUESTION = Pattern.compile(
            ".*(?:DIAGNOSTICS|SHOW WARNINGS|SHOW ERRORS|SHOW COUNT|ROW_COUNT\\(|FOUND_ROWS\\(|@@warning_count).*",
            Pattern.DOTALL);
    private static final Pattern INSERT_ID = Pattern.compile("last_insert_id|@@identity", Pattern.CASE_INSENSITIVE);
    private static final int WRONG_ARGUMENTS = 1210;
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
        } else if (step.startsWith("GET ")
                && before.leftConditions()
                && (before.answer().hasRows()
                        || MAY_READ.matcher(before.subject()).matches())) {
            return Rule.DIAGNOSTICS_OF_A_READ;
        } else if (!before.isReadOnly()) {
            return null;
        } else if (DEFINITION.matcher(sql).matches()) {
            return Rule.DEFINITION_IN_READ_ONLY_TRANSACTION;
        } else if (sql.startsWith("XA ")) {
            return Rule.XA_IN_READ_ONLY_TRANSACTION;
        }
        return sql.contains(";") ? Rule.SEVERAL_IN_READ_ONLY_TRANSACTION : null;
    }

    /** Whether two answers that are not the same are known to differ. */
    boolean explains(String step, Conversation before, Observation direct, Observation proxied) {
        if (differOnlyInside(step, direct, proxied)) {
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
        } else if (isRefusedByBoth(direct, proxied)) {
            return Rule.REFUSED_FOR_ANOTHER_REASON;
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
        } else if (error == WRONG_ARGUMENTS) {
            return Rule.BEHIND_WRONG_ARGUMENTS;
        }
        return subject.equals(SNAPSHOT) ? Rule.BEHIND_SNAPSHOT : null;
    }

    /** Whether nothing but parts of packets differ that may, each of which is counted. */
    private boolean differOnlyInside(String step, Observation direct, Observation proxied) {
        int count = direct.packets().size();
        if (direct.isEnded() || proxied.isEnded() || proxied.packets().size() != count) {
            return false;
        }
        EnumSet<Rule> used = EnumSet.noneOf(Rule.class);
        for (int i = 0; i < count; i++) {
            byte[] left = direct.packets().get(i);
            byte[] right = proxied.packets().get(i);
            for (Rule rule : Rule.OF_PACKETS) {
                if (Arrays.equals(left, right)) {
                    break;
                }
                byte[] leftMasked = masked(rule, step, direct.packets(), i, left);
                byte[] rightMasked = masked(rule, step, proxied.packets(), i, right);
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

    /** A packet with zeros for what may differ by a rule. */
    private static byte[] masked(Rule rule, String step, List<byte[]> packets, int index, byte[] packet) {
        boolean ok = index == 0 && RawClient.first(packet) == RawClient.OK;
        boolean eof = RawClient.first(packet) == RawClient.EOF;
        boolean oldEof = eof && packet.length == EOF_LENGTH;
        boolean inFrontOfRows =
                oldEof && index > 0 && index + 1 < packets.size() && startsWith(packets.get(index - 1), COLUMN);
        return switch (rule) {
            case STATEMENT_ID -> withoutId(step, packet, ok);
            case EOF_BEHIND_COLUMNS -> inFrontOfRows ? zeroed(packet, 1, EOF_LENGTH) : packet;
            case OUT_PARAMETERS ->
                step.startsWith("@execute ") && oldEof && !inFrontOfRows ? withoutOutParameters(packet) : packet;
            case WARNINGS_LEFT -> {
                int from = oldEof ? WARNINGS_IN_EOF : WARNINGS_IN_OK;
                boolean left = NUMBER_OF_WARNINGS_LEFT.matcher(step).matches();
                yield left && (ok || eof) ? zeroed(packet, from, from + 2) : packet;
            }
            case INDEX_FLAGS -> PLANNED.matcher(step).find() && eof ? withoutIndexFlags(packet) : packet;
            case DICTIONARY_COLUMNS ->
                step.contains("SHOW ") && startsWith(packet, COLUMN) ? withoutTable(packet) : packet;
            case PARAMETER_LENGTH ->
                step.startsWith("@execute ") && startsWith(packet, BARE_PARAMETER)
                        ? zeroed(packet, PARAMETER_LENGTH, PARAMETER_LENGTH + 4)
                        : packet;
            default -> packet;
        };
    }

    private static byte[] withoutId(String step, byte[] packet, boolean ok) {
        if (ok && step.startsWith("@prepare ")) {
            return zeroed(packet, 1, STATEMENT_ID_END);
        } else if (step.startsWith("@") && RawClient.first(packet) == RawClient.ERR) {
            String error = new String(packet, StandardCharsets.ISO_8859_1);
            return ID_IN_ERROR.matcher(error).replaceFirst("$1 (?)").getBytes(StandardCharsets.ISO_8859_1);
        } else if (step.startsWith("SHOW ")) {
            String row = new String(packet, StandardCharsets.ISO_8859_1);
            return ID_IN_ROW.matcher(row).replaceFirst("$1 (?)").getBytes(StandardCharsets.ISO_8859_1);
        }
        return packet;
    }

    /** The flags behind the row of OUT parameters, which have no effect there. */
    private static byte[] withoutOutParameters(byte[] packet) {
        byte[] changed = packet.clone();
        int flags = (packet[STATUS] & 0xFF) | (packet[STATUS + 1] & 0xFF) << 8;
        if ((flags & ServerStatus.SERVER_PS_OUT_PARAMS) != 0) {
            flags &= ~(ServerStatus.SERVER_PS_OUT_PARAMS | ServerStatus.SERVER_MORE_RESULTS_EXISTS);
            changed[STATUS] = (byte) flags;
            changed[STATUS + 1] = (byte) (flags >> 8);
        }
        return changed;
    }

    /** In both forms of the packet. */
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

    private static byte[] zeroed(byte[] packet, int from, int to) {
        byte[] changed = packet.clone();
        Arrays.fill(changed, from, to, (byte) 0);
        return changed;
    }

    private static boolean startsWith(byte[] packet, byte[] head) {
        return packet.length > head.length && Arrays.equals(packet, 0, head.length, head, 0, head.length);
    }

    /** Whether both refuse a statement that writes in a read-only transaction, if not for the same reason. */
    static boolean isRefusedByBoth(Observation direct, Observation proxied) {
        return direct.isError() && direct.packets().size() == 1 && proxied.errorCode() == READ_ONLY_TRANSACTION;
    }

    /** Whether Sluice refuses a statement because of what a read-only transaction has left on its replica. */
    static boolean isPinnedToReplica(Observation proxied) {
        return proxied.errorCode() == ERROR_OF_SLUICE && proxied.describe().contains(PINNED_TO_REPLICA);
    }

    static boolean isLent(Observation proxied) {
        return proxied.errorCode() == ERROR_OF_SLUICE && proxied.describe().contains(LENT);
    }

    /** Whether a step is about the statement before it. */
    static boolean isQuestion(String step) {
        return QUESTION.matcher(step).matches();
    }
}
