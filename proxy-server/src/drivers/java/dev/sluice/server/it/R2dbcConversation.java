package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalServer;
import io.r2dbc.spi.Blob;
import io.r2dbc.spi.ColumnMetadata;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.RowMetadata;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.ValidationDepth;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The smoke conversation of a reactive driver. Thread-safe: confined to the test's thread. */
final class R2dbcConversation {
    private static final Pattern ROWS = Pattern.compile("SELECT|SHOW|CALL|WITH");
    private static final Duration SOON = Duration.ofMillis(TestProxy.TIMEOUT_MILLIS);

    private final Connection connection;
    private final Transcript transcript;
    private final boolean proxied;

    private R2dbcConversation(Connection connection, Transcript transcript, boolean proxied) {
        this.connection = connection;
        this.transcript = transcript;
        this.proxied = proxied;
    }

    /** Holds it both ways and fails where they differ. */
    static void assertSame(TestProxy proxy, IntFunction<ConnectionFactory> driver) throws Exception {
        LocalServer primary = proxy.cluster().primary();
        Transcript direct = hold(proxy, driver.apply(primary.port()), false);
        Transcript proxied = hold(proxy, driver.apply(proxy.port()), true);
        proxied.assertSameAs(direct);
    }

    private static Transcript hold(TestProxy proxy, ConnectionFactory factory, boolean proxied) throws Exception {
        proxy.cluster().primary().execute("DROP TABLE IF EXISTS app.drv_w, app.drv_types, app.drv_big");
        proxy.awaitCaughtUp();
        Transcript transcript = new Transcript();
        Connection connection = one(factory.create());
        try {
            new R2dbcConversation(connection, transcript, proxied).hold();
        } finally {
            all(connection.close());
        }
        return transcript;
    }

    private static <T> List<T> all(Publisher<? extends T> publisher) {
        List<T> all = Flux.<T>from(publisher).collectList().block(SOON);
        assertThat(all).isNotNull();
        return all == null ? List.of() : all;
    }

    private static <T> T one(Publisher<? extends T> publisher) {
        List<T> all = all(publisher);
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    /** A part of it. */
    @FunctionalInterface
    private interface Step {
        void run();
    }

    private void step(String name, Step step) {
        transcript.begin(name);
        try {
            step.run();
        } catch (R2dbcException e) {
            transcript.add("%s %d %s %s"
                    .formatted(e.getClass().getSimpleName(), e.getErrorCode(), e.getSqlState(), e.getMessage()));
        }
    }

    private void hold() {
        step("reads", this::reads);
        step("connection", this::metadata);
        step("writes", this::writes);
        step("types", this::types);
        step("transactions", this::transactions);
        step("settings", this::settings);
        step("batch", this::batch);
        step("big", this::big);
        step("calls", () -> run("CALL drv_two(4, @b, @c)"));
        step("half a result", this::half);
        for (String wrong : List.of(
                "SELEC 1",
                "SELECT * FROM drv_nowhere",
                "INSERT INTO drv_w (v) VALUES ('one')",
                "INSERT INTO drv_w (v) VALUES (NULL)",
                "CALL drv_signal()",
                "SELECT * FROM mysql.user")) {
            step(wrong, () -> run(wrong));
        }
        step("it lives", () -> transcript.add("valid " + one(connection.validate(ValidationDepth.REMOTE))));
    }

    private void reads() {
        awaitReplica("SELECT v FROM drv_r WHERE id = 1");
        run("SELECT v FROM drv_r WHERE id = 1");
        ranOn("replica");
        awaitReplica("SELECT v FROM drv_r WHERE id = ?", 1);
        for (int id = 1; id <= 3; id++) {
            run("SELECT v FROM drv_r WHERE id = ?", id);
            ranOn("replica");
        }
        run("SELECT v FROM drv_r WHERE id = 1 FOR UPDATE");
        ranOn("primary");
    }

    private void metadata() {
        transcript.add(connection.getMetadata().getDatabaseProductName() + " "
                + connection.getMetadata().getDatabaseVersion());
        transcript.add(connection.isAutoCommit() + " " + connection.getTransactionIsolationLevel());
    }

    private void writes() {
        run("CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20) NOT NULL UNIQUE, n INT)");
        ranOn("primary");
        lines(
                connection
                        .createStatement("INSERT INTO drv_w (v, n) VALUES (?, ?)")
                        .bind(0, "one")
                        .bindNull(1, Integer.class)
                        .returnGeneratedValues("id")
                        .execute(),
                true);
        Statement many = connection.createStatement("INSERT INTO drv_w (v, n) VALUES (?, ?)");
        for (int i = 0; i < 4; i++) {
            many.bind(0, "many" + i).bind(1, i);
            if (i < 3) {
                many.add();
            }
        }
        lines(many.execute(), false);
        run("UPDATE drv_w SET n = n + 1 WHERE v LIKE 'many%'");
        run("UPDATE drv_w SET n = 7 WHERE v = ?", "nobody");
        run("SELECT id, v, n FROM drv_w ORDER BY id");
        run("SELECT LAST_INSERT_ID()");
        run("DELETE FROM drv_w WHERE v = 'many3'");
    }

    private void types() {
        run(
                "CREATE TABLE drv_types (id INT PRIMARY KEY, ti TINYINT, bu BIGINT UNSIGNED, flag TINYINT(1), d DECIMAL(20, 6),"
                        + " f FLOAT, x DOUBLE, b BIT(9), dt DATE, t TIME(3), dtm DATETIME(6), ts TIMESTAMP NULL, y YEAR,"
                        + " vc VARCHAR(50), vb VARBINARY(20), tx TEXT, bl BLOB, js JSON, en ENUM('a', 'b'), st SET('x', 'y'))"
                        + " CHARACTER SET utf8mb4");
        run("INSERT INTO drv_types VALUES (1, -128, 18446744073709551615, 1, -1.000001, 1.5, -2.25e100, b'100000001',"
                + " '2024-02-29', '23:59:59.123', '2026-01-02 03:04:05.678901', '2026-06-15 12:00:00', 2026,"
                + " 'grüße 🙂', x'00ff10', REPEAT('long ', 100), x'deadbeef', '{\"k\": [1, null]}', 'b', 'x,y')");
        run("INSERT INTO drv_types (id) VALUES (2)");
        lines(
                connection
                        .createStatement(
                                "INSERT INTO drv_types (id, bu, d, x, dt, t, dtm, vc, vb, js) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                        .bind(0, 3)
                        .bind(1, Long.MAX_VALUE)
                        .bind(2, new BigDecimal("12345678901234.567891"))
                        .bind(3, 1e-300)
                        .bind(4, LocalDate.of(2026, 11, 21))
                        .bind(5, LocalTime.of(1, 2, 3))
                        .bind(6, LocalDateTime.of(2026, 11, 21, 4, 5, 6, 789_000_000))
                        .bind(7, "bound ñ 🚀 ' \\ \n")
                        .bind(8, new byte[] {0, 1, '\'', (byte) 0xff})
                        .bind(9, "[true]")
                        .execute(),
                false);
        run("SELECT * FROM drv_types ORDER BY id");
        run("SELECT * FROM drv_types WHERE id > ? ORDER BY id", 0);
    }

    private void transactions() {
        all(connection.beginTransaction());
        run("INSERT INTO drv_w (v) VALUES ('t1')");
        all(connection.createSavepoint("here"));
        run("INSERT INTO drv_w (v) VALUES ('t2')");
        all(connection.rollbackTransactionToSavepoint("here"));
        run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v");
        ranOn("primary");
        all(connection.commitTransaction());
        all(connection.beginTransaction());
        run("INSERT INTO drv_w (v) VALUES ('t3')");
        all(connection.rollbackTransaction());
        run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v");
        all(connection.setAutoCommit(false));
        run("INSERT INTO drv_w (v) VALUES ('t4')");
        all(connection.rollbackTransaction());
        all(connection.setAutoCommit(true));
        run("SELECT v FROM drv_w WHERE v LIKE 't%' ORDER BY v");
    }

    private void settings() {
        for (IsolationLevel level :
                List.of(IsolationLevel.SERIALIZABLE, IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ)) {
            all(connection.setTransactionIsolationLevel(level));
            transcript.add(String.valueOf(connection.getTransactionIsolationLevel()));
            run("SELECT @@session.transaction_isolation");
        }
        run("SELECT @@session.sql_mode, @@session.character_set_client, @@session.collation_connection, DATABASE()");
        run("SET SESSION time_zone = '+05:30', @x = 'u ü'");
        run("SELECT @x, @@session.time_zone, (SELECT ts FROM drv_types WHERE id = 1)");
        run("SET SESSION time_zone = DEFAULT");
        run("SELECT CAST('12abc' AS SIGNED)");
        run("SHOW WARNINGS");
    }

    private void batch() {
        lines(
                connection
                        .createBatch()
                        .add("INSERT INTO drv_w (v) VALUES ('b1')")
                        .add("UPDATE drv_w SET n = 1 WHERE v LIKE 'many%'")
                        .add("DELETE FROM drv_w WHERE v = 'b1'")
                        .execute(),
                false);
    }

    private void big() {
        run("CREATE TABLE drv_big (id INT PRIMARY KEY, t LONGTEXT)");
        run("INSERT INTO drv_big VALUES (?, ?)", 1, "ä🙂".repeat(50_000));
        run("SELECT id, t, MD5(t) FROM drv_big WHERE id = ?", 1);
    }

    /** A subscriber that has had enough; the connection serves the next one. */
    private void half() {
        String many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n";
        Long sum = Flux.from(connection.createStatement(many).execute())
                .flatMap(result -> result.map((row, meta) -> String.valueOf(row.get(0))))
                .take(100)
                .map(Long::valueOf)
                .reduce(Long::sum)
                .block(SOON);
        transcript.add("sum " + sum);
        run("SELECT 1");
    }

    private void run(String sql, Object... parameters) {
        lines(bound(sql, parameters).execute(), ROWS.matcher(sql).lookingAt());
    }

    private Statement bound(String sql, Object... parameters) {
        Statement statement = connection.createStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.bind(i, parameters[i]);
        }
        return statement;
    }

    private void lines(Publisher<? extends Result> results, boolean rows) {
        for (String line : all(Flux.from(results).concatMap(result -> rows ? rows(result) : updates(result)))) {
            transcript.add(line);
        }
    }

    private static Publisher<String> rows(Result result) {
        return result.map((row, meta) -> row(row, meta));
    }

    private static Publisher<String> updates(Result result) {
        return Flux.from(result.getRowsUpdated()).map(count -> "updated " + count);
    }

    private static String row(Row row, RowMetadata meta) {
        StringJoiner line = new StringJoiner(" | ", "row ", "");
        int i = 0;
        for (ColumnMetadata column : meta.getColumnMetadatas()) {
            line.add("%s %s %s %s %s %s = %s"
                    .formatted(
                            column.getName(),
                            column.getType().getName(),
                            column.getJavaType(),
                            column.getNullability(),
                            column.getPrecision(),
                            column.getScale(),
                            show(row.get(i++))));
        }
        return line.toString();
    }

    private static String show(@Nullable Object value) {
        try {
            if (value instanceof ByteBuffer buffer) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                return JdbcTalk.show(bytes);
            }
            if (value instanceof String[] set) {
                return Arrays.toString(set);
            }
            if (value instanceof Blob blob) {
                StringBuilder text = new StringBuilder("blob");
                for (ByteBuffer part : R2dbcConversation.<ByteBuffer>all(blob.stream())) {
                    text.append(' ').append(show(part));
                }
                return text.toString();
            }
            return JdbcTalk.show(value);
        } catch (java.sql.SQLException e) {
            throw new AssertionError("no driver of JDBC is here", e);
        }
    }

    /** Through the proxy: returns when a read is known as one and a replica is known to be fresh enough for it. */
    private void awaitReplica(String sql, Object... parameters) {
        if (proxied) {
            await().atMost(SOON).until(() -> {
                List<String> unused =
                        all(Flux.from(bound(sql, parameters).execute()).concatMap(result -> rows(result)));
                return route().startsWith("replica ");
            });
        }
    }

    /** Through the proxy: where the last statement ran. */
    private void ranOn(String role) {
        if (proxied) {
            assertThat(route()).startsWith(role + " ");
        }
    }

    private String route() {
        return one(Flux.from(connection.createStatement("SHOW SLUICE ROUTE").execute())
                .concatMap(result -> result.map((row, meta) -> row.get("role") + " " + row.get("reason"))));
    }
}
