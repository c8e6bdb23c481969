package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A session that sets state at random and knows what it must find of it. Every statement that it sends while nothing ties it
 * is one lend of a shared connection. Confined to one thread of the test.
 */
final class FuzzedSession implements AutoCloseable {
    private static final int ACTIONS_KEPT = 12;
    private static final int NO_SUCH_TABLE = 1146;
    private static final int NO_SUCH_STATEMENT = 1243;

    /** What can be set and found anywhere. The first value is the default; null stands for a variable that was never set. */
    private enum Setting {
        SCHEMA("USE %s", "DATABASE()", "app", "state", "state2"),
        SORT("SET SESSION sort_buffer_size = %s", "@@sort_buffer_size", "262144", "327680", "360448"),
        ZONE("SET time_zone = '%s'", "@@time_zone", "SYSTEM", "+01:00", "-08:00"),
        CONCAT("SET group_concat_max_len = %s", "@@group_concat_max_len", "1024", "10", "20"),
        WEEK("SET default_week_format = %s", "@@default_week_format", "0", "1", "2"),
        DIVISION(
                "SET session_track_schema = 0, div_precision_increment = %s",
                "@@div_precision_increment", "4", "5", "6"),
        WARNINGS("SET sql_warnings = %s, sql_notes = @@session_track_state_change", "@@sql_warnings", "0", "1"),
        NAMES("SET NAMES %s", "@@collation_connection", "utf8mb4_0900_ai_ci", "latin1_swedish_ci", "utf8mb4_bin"),
        U0("SET @u0 = %s", "@u0", null, "1", "-7", "NULL"),
        U1("SET @U1 := '%s'", "@u1", null, "x", "it''s", ""),
        U2("SET @`u2` = %s", "@U2", null, "1.50", "TRUE", "x'41'"),
        U3("SET @u3 = 'a', @u0 = %s", "@u3", null, "5");

        private final String set;
        private final String get;

        @SuppressWarnings("ImmutableEnumChecker") // never written to
        private final @Nullable String[] values;

        Setting(String set, String get, @Nullable String... values) {
            this.set = set;
            this.get = get;
            this.values = values;
        }

        String statement(int value) {
            String text = String.valueOf(values[value]);
            if (this == NAMES) {
                text = value == 1 ? "latin1" : "utf8mb4 COLLATE " + text;
            }
            return set.formatted(text);
        }

        /** Whether it is about session tracking, which ties a session that is in a transaction. */
        boolean switches() {
            return this == DIVISION || this == WARNINGS;
        }

        /** What a query for it shows when it was set to that value. */
        @Nullable
        String shown(int value) {
            String text = values[value];
            return switch (this) {
                case U0 -> "NULL".equals(text) ? null : text;
                case U1 -> "it''s".equals(text) ? "it's" : text;
                case U2 -> "TRUE".equals(text) ? "1" : "x'41'".equals(text) ? "A" : text;
                case U3 -> value == 0 ? null : "a";
                default -> text;
            };
        }
    }

    /** State that ties a session, so that only some may have it at a time. */
    private enum Tie {
        TEMPORARY_TABLE,
        LOCK,
        PREPARED,
        ROLE,
        EXPRESSION,
        SWITCHES
    }

    private static final String QUERY = "SELECT "
            + String.join(", ", Arrays.stream(Setting.values()).map(s -> s.get).toList())
            + ", @@character_set_client, CURRENT_ROLE(), @expression";

    private final int number;
    private final RawClient client;
    private final SplittableRandom random;
    private final AtomicLong lends;
    private final Semaphore ties;
    private final Deque<String> actions = new ArrayDeque<>();
    private final Map<Setting, Integer> settings = new EnumMap<>(Setting.class);
    private @Nullable Tie tie;
    private @Nullable String zero = null;

    /** @param ties how many sessions may be tied at a time */
    FuzzedSession(int number, RawClient client, SplittableRandom random, AtomicLong lends, Semaphore ties) {
        this.number = number;
        this.client = client;
        this.random = random;
        this.lends = lends;
        this.ties = ties;
    }

    /** Does something, or looks whether everything is as it must be. */
    void step() throws IOException {
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> set(true);
            case 4 -> transaction();
            case 5 -> nobodyElses();
            case 6 -> tieOrUntie();
            case 7 -> {
                if (random.nextInt(4) == 0) {
                    reset();
                }
            }
            default -> check();
        }
    }

    private List<byte[]> run(String sql) throws IOException {
        if (actions.size() == ACTIONS_KEPT) {
            actions.removeFirst();
        }
        actions.addLast(sql.equals(QUERY) ? "look" : sql);
        if (tie == null) {
            lends.incrementAndGet();
        }
        return client.query(sql);
    }

    private void mustRun(String sql) throws IOException {
        byte[] answer = run(sql).get(0);
        if (RawClient.first(answer) == RawClient.ERR) {
            throw mismatch(sql, "no error", client.err(answer).toString());
        }
    }

    private void set(boolean anything) throws IOException {
        Setting setting = Setting.values()[random.nextInt(Setting.values().length)];
        if (setting.switches() && !anything) {
            return;
        }
        int first = setting.values[0] == null ? 1 : 0;
        int value = first + random.nextInt(setting.values.length - first);
        mustRun(setting.statement(value));
        settings.put(setting, value);
        if (setting == Setting.U3) {
            zero = "5";
            settings.remove(Setting.U0);
        } else if (setting == Setting.U0) {
            zero = setting.shown(value);
        }
    }

    private int valueOf(Setting setting) {
        return settings.getOrDefault(setting, 0);
    }

    /** What the query must show. */
    private List<@Nullable String> expected() {
        List<@Nullable String> expected = new ArrayList<>();
        for (Setting setting : Setting.values()) {
            expected.add(setting == Setting.U0 ? zero : setting.shown(valueOf(setting)));
        }
        expected.add(valueOf(Setting.NAMES) == 1 ? "latin1" : "utf8mb4");
        expected.add(tie == Tie.ROLE ? "`fuzz`@`%`" : "NONE");
        expected.add(tie == Tie.EXPRESSION || tie == Tie.SWITCHES ? Integer.toString(number) : null);
        return expected;
    }

    /** On a replica, or with a function of the primary. */
    void check() throws IOException {
        boolean primary = random.nextBoolean();
        List<byte[]> packets = run(primary ? QUERY + ", IS_FREE_LOCK('nobody')" : QUERY);
        if (RawClient.first(packets.get(0)) == RawClient.ERR) {
            throw mismatch(
                    QUERY, expected().toString(), client.err(packets.get(0)).toString());
        }
        List<@Nullable String> seen = TextRow.columns(TextRow.rows(packets).get(0));
        List<@Nullable String> expected = expected();
        if (!expected.equals(seen.subList(0, expected.size()))) {
            throw mismatch(QUERY, expected.toString(), seen.toString());
        }
    }

    private void transaction() throws IOException {
        mustRun(random.nextBoolean() ? "BEGIN" : "START TRANSACTION READ ONLY");
        check();
        set(false);
        check();
        mustRun(random.nextBoolean() ? "COMMIT" : "ROLLBACK");
    }

    /** What others have tied to their connections is not there for this session. */
    private void nobodyElses() throws IOException {
        String lock = "SELECT RELEASE_LOCK('fuzz" + (number + 1) + "')";
        List<byte[]> packets = run(lock);
        String released = TextRow.columns(TextRow.rows(packets).get(0)).get(0);
        if ("1".equals(released)) {
            throw mismatch(lock, "no lock", "a lock");
        }
        String table = "SELECT v FROM state.fuzz FOR UPDATE";
        expectError(table, tie == Tie.TEMPORARY_TABLE ? 0 : NO_SUCH_TABLE);
        expectError("EXECUTE fuzz", tie == Tie.PREPARED ? 0 : NO_SUCH_STATEMENT);
        check();
    }

    private void expectError(String sql, int code) throws IOException {
        List<byte[]> packets = run(sql);
        boolean failed = RawClient.first(packets.get(0)) == RawClient.ERR;
        int seen = failed ? client.err(packets.get(0)).code() : 0;
        String value =
                failed ? "" : TextRow.columns(TextRow.rows(packets).get(0)).get(0);
        if (seen != code || (!failed && !Integer.toString(number).equals(value))) {
            throw mismatch(sql, "error " + code, "error " + seen + ", value " + value);
        }
    }

    private void tieOrUntie() throws IOException {
        if (tie != null) {
            untie();
        } else if (ties.tryAcquire()) {
            Tie wanted = Tie.values()[random.nextInt(Tie.values().length)];
            for (String sql : tying(wanted)) {
                mustRun(sql);
                tie = wanted;
            }
        }
    }

    private List<String> tying(Tie wanted) {
        return switch (wanted) {
            case TEMPORARY_TABLE ->
                List.of("CREATE TEMPORARY TABLE state.fuzz (v INT)", "INSERT INTO state.fuzz VALUES (" + number + ")");
            case LOCK -> List.of("SELECT GET_LOCK('fuzz" + number + "', 1)");
            case PREPARED -> List.of("PREPARE fuzz FROM 'SELECT " + number + "'");
            case ROLE -> List.of("SET ROLE fuzz");
            case EXPRESSION -> List.of("SET @expression = " + number + " + 0");
            case SWITCHES -> List.of("SET session_track_system_variables = '', @expression = " + number);
        };
    }

    private void untie() throws IOException {
        Tie old = Objects.requireNonNull(tie);
        switch (old) {
            case TEMPORARY_TABLE -> mustRun("DROP TEMPORARY TABLE state.fuzz");
            case LOCK -> {
                String sql = "SELECT RELEASE_LOCK('fuzz" + number + "')";
                String released = TextRow.columns(TextRow.rows(run(sql)).get(0)).get(0);
                if (!"1".equals(released)) {
                    throw mismatch(sql, "1", String.valueOf(released));
                }
            }
            case PREPARED -> mustRun("DEALLOCATE PREPARE fuzz");
            case ROLE, EXPRESSION, SWITCHES -> {
                reset();
                return;
            }
        }
        tie = null;
        ties.release();
    }

    private void reset() throws IOException {
        actions.addLast("COM_RESET_CONNECTION");
        byte[] unused = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        int schema = valueOf(Setting.SCHEMA);
        settings.clear();
        settings.put(Setting.SCHEMA, schema);
        zero = null;
        if (tie != null) {
            tie = null;
            ties.release();
        }
    }

    private AssertionError mismatch(String sql, String expected, String seen) {
        return new AssertionError("session " + number + ", which had " + (tie == null ? "no tie" : tie) + ": " + sql
                + "\n  expected " + expected + "\n  but saw  " + seen + "\n  after    "
                + String.join("\n           ", actions));
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
