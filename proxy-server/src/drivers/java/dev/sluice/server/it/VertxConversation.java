package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.Accounts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.mysqlclient.MySQLAuthOptions;
import io.vertx.mysqlclient.MySQLClient;
import io.vertx.mysqlclient.MySQLConnectOptions;
import io.vertx.mysqlclient.MySQLConnection;
import io.vertx.sqlclient.Cursor;
import io.vertx.sqlclient.DatabaseException;
import io.vertx.sqlclient.PreparedStatement;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.RowStream;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;
import io.vertx.sqlclient.desc.ColumnDescriptor;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The smoke conversation of the client of Vert.x. Thread-safe: confined to the test's thread. */
final class VertxConversation {
    private static final String READ = "SELECT v FROM drv_r WHERE id = ";
    private static final String NUMBERS =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i FROM n WHERE i > ?";

    private final MySQLConnection connection;
    private final Transcript transcript;
    private final boolean proxied;

    private VertxConversation(MySQLConnection connection, Transcript transcript, boolean proxied) {
        this.connection = connection;
        this.transcript = transcript;
        this.proxied = proxied;
    }

    /** Holds it both ways and fails where they differ. */
    static void assertSame(TestProxy proxy, Vertx vertx, IntFunction<MySQLConnectOptions> options) throws Exception {
        Transcript direct =
                hold(proxy, vertx, options.apply(proxy.cluster().primary().port()), false);
        Transcript proxied = hold(proxy, vertx, options.apply(proxy.port()), true);
        proxied.assertSameAs(direct);
    }

    private static Transcript hold(TestProxy proxy, Vertx vertx, MySQLConnectOptions options, boolean proxied)
            throws Exception {
        proxy.cluster().primary().execute("DROP TABLE IF EXISTS app.drv_w, app.drv_types");
        proxy.awaitCaughtUp();
        Transcript transcript = new Transcript();
        MySQLConnection connection = wait(MySQLConnection.connect(vertx, options));
        try {
            new VertxConversation(connection, transcript, proxied).hold();
        } finally {
            connection.close().await(TestProxy.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
        return transcript;
    }

    /** The value of a future that has one. */
    static <T> T wait(Future<T> future) throws TimeoutException {
        return future.await(TestProxy.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Returns when a future without a value is complete. */
    private static void done(Future<?> future) throws TimeoutException {
        future.await(TestProxy.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** A part of it. */
    @FunctionalInterface
    private interface Step {
        void run() throws Exception;
    }

    private void step(String name, Step step) throws Exception {
        transcript.begin(name);
        System.err.println("STEP " + name + " " + proxied);
        try {
            step.run();
        } catch (DatabaseException e) {
            failed(e);
        }
    }

    private void failed(Throwable e) {
        transcript.add(
                e instanceof DatabaseException error
                        ? "%s %d %s %s"
                                .formatted(
                                        e.getClass().getSimpleName(),
                                        error.getErrorCode(),
                                        error.getSqlState(),
                                        e.getMessage())
                        : e.getClass().getName() + " " + e.getMessage());
    }

    private void hold() throws Exception {
        step("reads", this::reads);
        step("connection", this::metadata);
        step("types", this::types);
        step("writes", this::writes);
        step("many at once", this::manyAtOnce);
        step("errors in the midst of others", this::errors);
        step("transactions", this::transactions);
        step("cursor", this::cursor);
        step("stream", this::stream);
        step("state", this::state);
        step("several in one", () -> run("SELECT 1 AS a; SELECT 'b' AS b; UPDATE drv_w SET n = 5 WHERE n = 4"));
        step("big", () -> run("SELECT MD5(?), CHAR_LENGTH(?)", "ä🙂".repeat(100_000), "🙂".repeat(1000)));
        // They tie the session to a connection, so they come last.
        step("calls", () -> run("CALL drv_two(4, @b, @c)"));
        step("a call that fails", () -> run("CALL drv_signal()"));
        step("another session", this::again);
    }

    private void reads() throws Exception {
        awaitReplica(READ + 1);
        run(READ + 1);
        ranOn("replica");
        awaitReplica(READ + "?", 1);
        for (int id = 1; id <= 4; id++) {
            run(READ + "?", id);
            ranOn("replica");
        }
        run("START TRANSACTION READ ONLY");
        run(READ + "3");
        ranOn("replica");
        run("COMMIT");
        run(READ + "1 FOR UPDATE");
        ranOn("primary");
    }

    private void metadata() throws Exception {
        transcript.add(connection.databaseMetadata().productName() + " "
                + connection.databaseMetadata().fullVersion());
        done(connection.ping());
        transcript.add("ssl " + connection.isSSL());
    }

    private void types() throws Exception {
        run(
                "CREATE TABLE drv_types (id INT PRIMARY KEY, ti TINYINT, bu BIGINT UNSIGNED, flag TINYINT(1), d DECIMAL(20, 6),"
                        + " f FLOAT, x DOUBLE, b BIT(9), dt DATE, t TIME(3), dtm DATETIME(6), ts TIMESTAMP NULL, y YEAR,"
                        + " vc VARCHAR(50), vb VARBINARY(20), tx TEXT, bl BLOB, js JSON, en ENUM('a', 'b'), st SET('x', 'y'))");
        run("INSERT INTO drv_types VALUES (1, -128, 18446744073709551615, 1, -1.000001, 1.5, -2.25e100, b'100000001',"
                + " '2024-02-29', '-23:59:59.123', '2026-01-02 03:04:05.678901', '2026-06-15 12:00:00', 2026,"
                + " 'grüße 🙂', x'00ff10', REPEAT('long ', 100), x'deadbeef', '{\"k\": [1, null]}', 'b', 'x,y')");
        run("INSERT INTO drv_types (id) VALUES (2)");
        run(
                "INSERT INTO drv_types (id, bu, d, x, dt, t, dtm, vc, vb) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                3,
                Long.MAX_VALUE,
                new BigDecimal("12345678901234.567891"),
                1e-300,
                LocalDate.of(2026, 11, 21),
                Duration.ofSeconds(3723),
                LocalDateTime.of(2026, 11, 21, 4, 5, 6, 789_000_000),
                "bound ñ 🚀 ' \\ \n",
                Buffer.buffer(new byte[] {0, 1, '\'', (byte) 0xff}));
        run("SELECT * FROM drv_types ORDER BY id");
        run("SELECT * FROM drv_types WHERE id > ? ORDER BY id", 0);
    }

    private void writes() throws Exception {
        run("CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20) NOT NULL UNIQUE, n INT)");
        run("INSERT INTO drv_w (v, n) VALUES (?, ?)", "one", null);
        ranOn("primary");
        List<Tuple> batch = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            batch.add(Tuple.of("many" + i, i));
        }
        results(wait(connection
                .preparedQuery("INSERT INTO drv_w (v, n) VALUES (?, ?)")
                .executeBatch(batch)));
        run("UPDATE drv_w SET n = n + 1 WHERE v LIKE 'many%'");
        run("UPDATE drv_w SET n = 7 WHERE v = ?", "nobody");
        run("UPDATE drv_w SET n = n WHERE v = 'many1'");
        run("SELECT id, v, n FROM drv_w ORDER BY id");
    }

    /** Where pipelines are on, nothing waits for an answer here. */
    private void manyAtOnce() throws Exception {
        List<Future<RowSet<Row>>> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            all.add(
                    switch (i % 5) {
                        case 0 -> connection.query(READ + (1 + i % 3)).execute();
                        case 1 -> connection.preparedQuery(READ + "?").execute(Tuple.of(1 + i % 3));
                        case 2 ->
                            connection
                                    .query("UPDATE drv_w SET n = " + i + " WHERE v = 'many1'")
                                    .execute();
                        case 3 ->
                            connection
                                    .preparedQuery("SELECT n FROM drv_w WHERE v = ?")
                                    .execute(Tuple.of("many1"));
                        default ->
                            connection
                                    .query("SELECT n, ROW_COUNT() FROM drv_w WHERE v = 'many1'")
                                    .execute();
                    });
        }
        for (Future<RowSet<Row>> one : all) {
            results(wait(one));
        }
    }

    private void errors() throws Exception {
        List<Future<RowSet<Row>>> all = new ArrayList<>();
        for (String sql : List.of(
                "SELEC 1",
                READ + "1",
                "SELECT * FROM drv_nowhere",
                "INSERT INTO drv_w (v) VALUES ('one')",
                READ + "2",
                "SELECT * FROM mysql.user",
                "UPDATE drv_w SET n = 77 WHERE v = 'many2'",
                "SELECT n FROM drv_w WHERE v = 'many2'")) {
            all.add(connection.query(sql).execute());
            all.add(connection.preparedQuery(sql).execute());
        }
        for (Future<RowSet<Row>> one : all) {
            try {
                results(wait(one));
            } catch (DatabaseException e) {
                failed(e);
            }
        }
    }

    private void transactions() throws Exception {
        Transaction kept = wait(connection.begin());
        run("INSERT INTO drv_w (v) VALUES ('kept')");
        run(READ + "1");
        ranOn("primary");
        done(kept.commit());
        Transaction lost = wait(connection.begin());
        List<Future<RowSet<Row>>> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(connection.preparedQuery("INSERT INTO drv_w (v) VALUES (?)").execute(Tuple.of("lost" + i)));
            all.add(connection
                    .query("SELECT COUNT(*) FROM drv_w WHERE v LIKE 'lost%'")
                    .execute());
        }
        for (Future<RowSet<Row>> one : all) {
            results(wait(one));
        }
        done(lost.rollback());
        run("SELECT v FROM drv_w WHERE v LIKE 'lost%' OR v = 'kept'");
    }

    private void cursor() throws Exception {
        PreparedStatement statement = wait(connection.prepare(NUMBERS));
        Cursor cursor = statement.cursor(Tuple.of(50));
        int reads = 0;
        do {
            results(wait(cursor.read(40)));
            run("SELECT " + reads);
            reads++;
        } while (cursor.hasMore() && reads < 20);
        done(cursor.close());
        Cursor half = statement.cursor(Tuple.of(0));
        results(wait(half.read(7)));
        done(half.close());
        done(statement.close());
        // One that has had no cursor: MySQL 8.0.31 does not end the answers of those that had one.
        PreparedStatement other = wait(connection.prepare(NUMBERS));
        results(wait(other.query().execute(Tuple.of(198))));
        done(other.close());
    }

    private void stream() throws Exception {
        PreparedStatement statement = wait(connection.prepare(NUMBERS));
        RowStream<Row> stream = statement.createStream(30, Tuple.of(10));
        Promise<Long> end = Promise.promise();
        long[] sum = {0};
        stream.exceptionHandler(end::fail);
        stream.endHandler(nothing -> end.complete(sum[0]));
        stream.handler(row -> sum[0] += row.getLong(0));
        transcript.add("sum " + wait(end.future()));
        done(stream.close());
        done(statement.close());
    }

    private void state() throws Exception {
        run("SET @x = 'é', SESSION time_zone = '+05:30', SESSION sql_mode = 'ANSI_QUOTES'");
        run("SELECT @x, @@session.time_zone, @@session.sql_mode, DATABASE()");
        run("SELECT CAST('12abc' AS SIGNED)");
        run("SHOW WARNINGS");
        done(connection.specifySchema(Accounts.SECOND_DATABASE));
        run("SELECT DATABASE()");
        done(connection.resetConnection());
        run("SELECT @x, @@session.time_zone, @@session.sql_mode, DATABASE()");
    }

    private void again() throws Exception {
        run("SET @x = 1");
        done(connection.changeUser(new MySQLAuthOptions()
                .setUser(Accounts.NATIVE_USER)
                .setPassword(Accounts.NATIVE_PASSWORD)
                .setDatabase(Accounts.DATABASE)));
        run("SELECT SUBSTRING_INDEX(USER(), '@', 1), DATABASE(), @x");
        run(READ + "?", 2);
    }

    private Future<RowSet<Row>> ask(String sql, @Nullable Object... parameters) {
        return parameters.length == 0
                ? connection.query(sql).execute()
                : connection.preparedQuery(sql).execute(Tuple.from(parameters));
    }

    private void run(String sql, @Nullable Object... parameters) throws Exception {
        try {
            results(wait(ask(sql, parameters)));
        } catch (DatabaseException e) {
            failed(e);
        }
    }

    /** All results of a statement. */
    private void results(@Nullable RowSet<Row> first) throws SQLException {
        for (RowSet<Row> result = first; result != null; result = result.next()) {
            transcript.add("rows %d size %d id %s"
                    .formatted(result.rowCount(), result.size(), result.property(MySQLClient.LAST_INSERTED_ID)));
            List<ColumnDescriptor> columns = result.columnDescriptors();
            if (columns != null) {
                StringJoiner line = new StringJoiner(" | ", "columns ", "");
                columns.forEach(column -> line.add(column.name() + " " + column.typeName() + " " + column.jdbcType()));
                transcript.add(line.toString());
            }
            for (Row row : result) {
                StringJoiner line = new StringJoiner(" | ", "row ", "");
                for (int i = 0; i < row.size(); i++) {
                    Object value = row.getValue(i);
                    line.add(JdbcTalk.show(value instanceof Buffer buffer ? buffer.getBytes() : value));
                }
                transcript.add(line.toString());
            }
        }
    }

    /** Through the proxy: returns when a read is known as one and a replica is known to be fresh enough for it. */
    private void awaitReplica(String sql, Object... parameters) {
        if (proxied) {
            await().atMost(TestProxy.SOON).until(() -> {
                RowSet<Row> unused = wait(ask(sql, parameters));
                return role().equals("replica");
            });
        }
    }

    /** Through the proxy: where the last statement ran. */
    private void ranOn(String role) throws TimeoutException {
        if (proxied) {
            assertThat(role()).isEqualTo(role);
        }
    }

    private String role() throws TimeoutException {
        Row row =
                wait(connection.query("SHOW SLUICE ROUTE").execute()).iterator().next();
        return row.getString("role");
    }
}
