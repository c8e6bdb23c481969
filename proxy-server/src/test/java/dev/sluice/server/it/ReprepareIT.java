package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Error 1615: the server did not run the statement, and would have it prepared anew. */
@Timeout(60)
class ReprepareIT {
    private static TestProxy proxy;

    /** A routine's body that fails with the error: the first time on a connection, or always. */
    private static String outOfDate(String variable, String always) {
        return "SET @" + variable + " = COALESCE(@" + variable + ", 0) + 1;"
                + " IF @" + variable + " = 1 OR " + always
                + " THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1615, MESSAGE_TEXT = 'out of date'; END IF;";
    }

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE reprep",
                        "GRANT ALL ON reprep.* TO 'native'@'%'",
                        "CREATE TABLE reprep.t (n BIGINT, data LONGBLOB)",
                        "CREATE TABLE reprep.proc (n BIGINT)",
                        "CREATE TRIGGER reprep.once BEFORE INSERT ON reprep.t FOR EACH ROW BEGIN "
                                + outOfDate("in_trigger", "NEW.n < 0") + " END",
                        "CREATE FUNCTION reprep.f() RETURNS INT DETERMINISTIC NO SQL BEGIN "
                                + outOfDate("in_function", "FALSE") + " RETURN 7; END",
                        "CREATE VIEW reprep.v AS SELECT reprep.f() AS n",
                        "CREATE PROCEDURE reprep.p(IN n BIGINT) BEGIN INSERT INTO reprep.proc VALUES (n); "
                                + outOfDate("in_procedure", "FALSE") + " END");
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE reprep");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    /** A client on connections that nobody has used before with a routine's variable. */
    private static RawClient fresh() throws IOException {
        RawClient client = proxy.raw();
        client.query("SET @in_trigger = NULL, @in_function = NULL, @in_procedure = NULL");
        client.query("TRUNCATE TABLE reprep.t");
        client.query("TRUNCATE TABLE reprep.proc");
        return client;
    }

    private static byte[] lastRow(List<byte[]> packets) {
        return packets.get(packets.size() - 2);
    }

    @Test
    void aWriteIsPreparedAnewAndRunsOnce() throws IOException {
        try (RawClient client = fresh()) {
            int id = client.prepare("INSERT INTO reprep.t (n) VALUES (?)");
            assertThat(client.ok(client.execute(id, 5, true).get(0)).affectedRows())
                    .isEqualTo(1);
            assertThat(client.ok(client.execute(id, 6, false).get(0)).affectedRows())
                    .isEqualTo(1);
            assertThat(client.value("SELECT GROUP_CONCAT(n ORDER BY n) FROM reprep.t"))
                    .isEqualTo("5,6");
        }
    }

    @Test
    void aWriteInATransactionIsPreparedAnewAndTheTransactionGoesOn() throws IOException {
        try (RawClient client = fresh()) {
            int id = client.prepare("INSERT INTO reprep.t (n) VALUES (?)");
            client.query("SET autocommit = 0");
            client.query("INSERT INTO reprep.proc VALUES (1)");
            var ok = client.ok(client.execute(id, 5, true).get(0));
            assertThat(ok.status() & ServerStatus.SERVER_STATUS_IN_TRANS).isNotZero();
            assertThat(client.value("SELECT n FROM reprep.proc")).isEqualTo("1");
            client.query("ROLLBACK");
            client.query("SET autocommit = 1");
            assertThat(client.value("SELECT COUNT(*) FROM reprep.t")).isEqualTo("0");
        }
    }

    @Test
    void aReadIsPreparedAnewWhereItRuns() throws IOException {
        try (RawClient client = fresh()) {
            // Nothing in the text says that a function is called: it is a read like any other.
            int id = client.prepare("SELECT /* sluice: consistency=none */ n, ? FROM reprep.v");
            for (int i = 0; i < 6; i++) {
                List<byte[]> packets = client.execute(id, i, i == 0);
                assertThat(RawClient.first(packets.get(0))).as("execution " + i).isEqualTo(2);
                var row = Unpooled.wrappedBuffer(lastRow(packets));
                assertThat(row.getIntLE(2)).isEqualTo(7);
                assertThat(row.getLongLE(6)).isEqualTo(i);
            }
        }
    }

    @Test
    void whatIsStillOutOfDateIsTheServersError() throws IOException {
        try (RawClient client = fresh()) {
            int id = client.prepare("INSERT INTO reprep.t (n) VALUES (?)");
            for (int i = 0; i < 3; i++) {
                assertThat(client.err(client.execute(id, -1, i == 0).get(0)).code())
                        .isEqualTo(1615);
            }
            assertThat(client.ok(client.execute(id, 3, false).get(0)).affectedRows())
                    .isEqualTo(1);
            assertThat(client.value("SELECT n FROM reprep.t")).isEqualTo("3");
        }
    }

    @Test
    void aProcedureThatHasBegunIsNotRunAgain() throws IOException {
        try (RawClient client = fresh()) {
            int id = client.prepare("CALL reprep.p(?)");
            assertThat(client.err(client.execute(id, 9, true).get(0)).code()).isEqualTo(1615);
            assertThat(client.value("SELECT COUNT(*) FROM reprep.proc")).isEqualTo("1");
        }
    }

    @Test
    void parametersThatWereSentAheadAreGoneAndTheErrorIsTheClients() throws IOException {
        try (RawClient client = fresh()) {
            int id = client.prepare("INSERT INTO reprep.t (n, data) VALUES (1, ?)");
            byte[] data = Arrays.copyOf(RawClient.int4(id), 16);
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, data);
            byte[] execute = Arrays.copyOf(RawClient.int4(id), 13);
            execute[5] = 1;
            execute[10] = 1;
            execute[11] = (byte) 0xFC;
            client.send(CommandType.COM_STMT_EXECUTE, execute);
            assertThat(client.err(client.readResults().get(0)).code()).isEqualTo(1615);
            assertThat(client.value("SELECT COUNT(*) FROM reprep.t")).isEqualTo("0");
            assertThat(Route.ofTextRow(lastRow(client.query("SHOW SLUICE ROUTE")))
                            .pins())
                    .doesNotContain("long_data");
        }
    }
}
