package dev.sluice.server.admin.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.RecordingAdministration;
import dev.sluice.server.admin.Refusal;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.tls.FrontendTls;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin port with Connector/J. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class AdminPortIT {
    @TempDir
    static Path state;

    private static FrontendTls tls;

    private AdminPortFixture port;

    @BeforeAll
    static void makeCertificates() throws Exception {
        tls = AdminPortFixture.tls(TlsMode.PREFERRED, state);
    }

    @BeforeEach
    void start() throws Exception {
        port = AdminPortFixture.start(tls);
    }

    @AfterEach
    void stop() {
        port.close();
    }

    private static List<List<@Nullable String>> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // Connector/J keeps back what it takes for no query, where executeQuery is called.
            assertThat(statement.execute(sql)).isTrue();
            ResultSet rows = statement.getResultSet();
            List<List<@Nullable String>> all = new ArrayList<>();
            while (rows.next()) {
                List<@Nullable String> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(rows.getString(i));
                }
                all.add(row);
            }
            return all;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslMode=REQUIRED",
                "sslMode=DISABLED",
                "sslMode=DISABLED,defaultAuthenticationPlugin=mysql_native_password",
                "sslMode=REQUIRED,defaultAuthenticationPlugin=mysql_native_password",
                "sslMode=DISABLED,useServerPrepStmts=true",
                "sslMode=DISABLED,useInformationSchema=true,cacheServerConfiguration=true,jdbcCompliantTruncation=true"
            })
    void connectorJLogsInAndShowsATable(String options) throws Exception {
        port.administration()
                .answer(List.of("address", "lag"), List.of(List.of("a:1", "ü"), Arrays.asList("b:2", null)));
        try (Connection connection = port.connect(options.split(","))) {
            assertThat(rows(connection, "SHOW BACKENDS"))
                    .containsExactly(List.of("a:1", "ü"), Arrays.asList("b:2", null));
            try (ResultSet rows = connection.createStatement().executeQuery("show backends")) {
                assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("lag");
            }
        }
        assertThat(port.administration().calls()).hasSize(2).allSatisfy(call -> {
            assertThat(call.operation()).isEqualTo(new Operation.Show(Operation.View.BACKENDS));
            assertThat(call.caller().author()).isEqualTo(AdminPortFixture.USER);
            assertThat(call.caller().expectedVersion()).isNull();
        });
    }

    @Test
    void whatDriversAndPoolsDoOnTheirOwnWorks() throws Exception {
        try (Connection connection = port.connect("sslMode=DISABLED")) {
            assertThat(connection.isValid(5)).isTrue();
            connection.setCatalog("anything");
            connection.setAutoCommit(false);
            connection.commit();
            connection.rollback();
            connection.setAutoCommit(true);
            connection.setReadOnly(true);
            connection.setReadOnly(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).resetServerState();
            assertThat(rows(connection, "SELECT 1")).containsExactly(List.of("1"));
            assertThat(connection.getMetaData().getDatabaseProductVersion()).isEqualTo("8.0.31-sluice-test");
            try (Statement statement = connection.createStatement()) {
                assertThat(statement.executeUpdate("SET NAMES utf8mb4")).isZero();
                assertThat((Object) statement.getWarnings()).isNull();
            }
            assertThat(rows(connection, "SHOW WARNINGS")).isEmpty();
        }
        assertThat(port.administration().operations()).isEmpty();
    }

    @Test
    void aPreparedStatementFallsBackToText() throws Exception {
        try (Connection connection = port.connect("useServerPrepStmts=true", "sslMode=DISABLED");
                var statement = connection.prepareStatement("KILL ?")) {
            statement.setLong(1, 12);
            assertThat(statement.execute()).isTrue();
        }
        assertThat(port.administration().operations()).containsExactly(new Operation.Kill(12, false));
    }

    @Test
    void helpNeedsNoAdministration() throws Exception {
        try (Connection connection = port.connect()) {
            assertThat(rows(connection, "HELP")).hasSizeGreaterThan(20);
            assertThat(rows(connection, "HELP switchover")).hasSize(1);
        }
        assertThat(port.administration().operations()).isEmpty();
    }

    @Test
    void everyKindOfErrorHasItsNumberAndTheConnectionGoesOn() throws Exception {
        try (Connection connection = port.connect()) {
            for (OperationException.Kind kind : OperationException.Kind.values()) {
                port.administration().fail(kind, "because of " + kind);
                assertThatThrownBy(() -> rows(connection, "PAUSE"))
                        .isInstanceOfSatisfying(SQLException.class, e -> {
                            assertThat(e.getErrorCode())
                                    .isEqualTo(Refusal.of(kind).errorCode());
                            assertThat(e.getSQLState())
                                    .isEqualTo(Refusal.of(kind).sqlState());
                        })
                        .hasMessage("because of " + kind);
            }
            assertThatThrownBy(() -> rows(connection, "SHWO BACKENDS"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(1064))
                    .hasMessageContaining("did you mean SHOW?");
            assertThatThrownBy(() -> rows(connection, "SELECT @@nonsense"))
                    .hasMessage("Unknown system variable 'nonsense'");
            assertThat(rows(connection, "SELECT 1")).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslMode=REQUIRED",
                "sslMode=DISABLED,allowPublicKeyRetrieval=true",
                "sslMode=DISABLED,defaultAuthenticationPlugin=mysql_native_password"
            })
    void aWrongPasswordAndAWrongUserAreRefusedAlike(String options) throws Exception {
        String[] each = options.split(",");
        try (Connection right = port.connect(each)) {
            assertThat(right.isValid(5)).isTrue();
        }
        String[][] wrong = {
            {AdminPortFixture.USER, "other"},
            {AdminPortFixture.USER, ""},
            {"root", AdminPortFixture.PASSWORD},
            {"root", ""},
            {"", ""}
        };
        for (String[] account : wrong) {
            assertThatThrownBy(
                            () -> port.connectAs(account[0], account[1], each).close())
                    .isInstanceOfSatisfying(SQLException.class, e -> {
                        assertThat(e.getErrorCode()).isEqualTo(1045);
                        assertThat(e.getMessage())
                                .contains("'" + account[0] + "'@'127.0.0.1'")
                                .contains(account[1].isEmpty() ? "(using password: NO)" : "(using password: YES)");
                    });
        }
        try (Connection right = port.connect(each)) {
            assertThat(right.isValid(5)).isTrue();
        }
    }

    @Test
    void whereTlsIsRequiredNobodyComesInWithout(@TempDir Path other) throws Exception {
        try (AdminPortFixture strict = AdminPortFixture.start(AdminPortFixture.tls(TlsMode.REQUIRED, other))) {
            assertThatThrownBy(() -> strict.connect("sslMode=DISABLED").close())
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(3159));
            strict.connect("sslMode=REQUIRED").close();
        }
    }

    @Test
    void aLargeTableArrivesWhole() throws Exception {
        port.administration().answer(List.of("id", "text"), Collections.nCopies(20_000, List.of("7", "x".repeat(100))));
        try (Connection connection = port.connect("sslMode=DISABLED")) {
            assertThat(rows(connection, "SHOW SESSIONS")).hasSize(20_000);
        }
    }

    @Test
    void aLongOperationHoldsUpNobodyElse() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch began = new CountDownLatch(1);
        port.administration().behave((operation, caller) -> {
            if (operation instanceof Operation.Pause) {
                began.countDown();
                release.await();
            }
            return ResultTable.message("done");
        });
        try (Connection slow = port.connect();
                Connection other = port.connect()) {
            Thread pausing = new Thread(() -> {
                try {
                    List<List<@Nullable String>> unused = rows(slow, "PAUSE");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
            pausing.start();
            assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(rows(other, "SHOW BACKENDS")).hasSize(1);
            assertThat(pausing.isAlive()).isTrue();
            release.countDown();
            pausing.join(10_000);
            assertThat(pausing.isAlive()).isFalse();
        }
    }

    @Test
    void anOperationGoesOnWhenItsClientIsGone() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        RecordingAdministration administration = port.administration();
        administration.behave((operation, caller) -> {
            release.await();
            ended.countDown();
            return ResultTable.message("done");
        });
        try (Connection impatient = port.connect("socketTimeout=300")) {
            assertThatThrownBy(() -> rows(impatient, "DRAIN BACKEND a:1")).isInstanceOf(SQLException.class);
        }
        release.countDown();
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void connectionsAreBoundedAndTheirPlacesAreGivenBack() throws Exception {
        List<Connection> open = new ArrayList<>();
        assertThatThrownBy(() -> {
                    while (open.size() < 100) {
                        open.add(port.connect("sslMode=DISABLED"));
                    }
                })
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(1040));
        assertThat(open).hasSize(32);
        for (Connection connection : open) {
            connection.close();
        }
        await().ignoreExceptions().until(() -> {
            try (Connection again = port.connect("sslMode=DISABLED")) {
                return again.isValid(5);
            }
        });
    }
}
