package dev.sluice.server.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tour against a small model of a proxy, which can be told to be wrong in one way. */
class TourTest {
    private static final Map<String, String> SERVER_IDS = Map.of("h:1", "1", "h:2", "2", "h:3", "3");

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DemoOutput output = new DemoOutput(new PrintStream(bytes, true, StandardCharsets.UTF_8), false);

    @Test
    void everyStepPassesWhenTheProxyIsRight() {
        boolean passed = new Tour(new ModelProxy(null)::open, SERVER_IDS, output).run();

        assertThat(text()).doesNotContain("FAIL").doesNotContain("\u001b");
        assertThat(text().split("PASS", -1)).hasSize(10);
        assertThat(text())
                .contains("8 x server_id 2 (replica), reason: read", "8 x server_id 3 (replica), reason: read");
        assertThat(passed).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aStepFailsForEachWayToBeWrong(Flaw flaw) {
        boolean passed = new Tour(new ModelProxy(flaw)::open, SERVER_IDS, output).run();

        assertThat(passed).isFalse();
        assertThat(text()).contains("FAIL  " + flaw.explanation);
    }

    @Test
    void anErrorOfTheServerFailsTheStepAndTheOthersStillRun() {
        boolean passed = new Tour(
                        () -> {
                            throw new SQLException("Too many connections", "08004", 1040);
                        },
                        SERVER_IDS,
                        output)
                .run();

        assertThat(passed).isFalse();
        assertThat(text().split("FAIL  error 1040 \\(08004\\): Too many connections", -1))
                .hasSize(10);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    enum Flaw {
        ONE_REPLICA_ONLY("1 of 2 replicas answered"),
        READS_TO_PRIMARY("SELECT @@server_id, n FROM tour WHERE id = 1 was not sent to a replica"),
        WRITE_TO_REPLICA("UPDATE tour SET n = n + 1, server = @@server_id WHERE id = 1 was not sent to the primary"),
        READ_LEAVES_TRANSACTION("SELECT @@server_id, n FROM tour WHERE id = 1 left the primary"),
        READ_ONLY_TRANSACTION_MOVES("the server of the transaction is"),
        LOCKING_READ_TO_REPLICA("SELECT @@server_id, n FROM tour WHERE id = 1 FOR UPDATE was not sent to the primary"),
        PREPARED_LEAVES_TRANSACTION("SELECT @@server_id, n FROM tour WHERE id = ? left the primary"),
        VARIABLE_LOST("@v is NULL, expected 42"),
        FOREIGN_INSERT_ID("LAST_INSERT_ID() is 0, expected 2"),
        STALE_READ("n right after it was written is"),
        ROUTE_LIES("@@server_id of SELECT @@server_id, n FROM tour WHERE id = 1 is"),
        WRONG_REASON("the reason of SELECT @@server_id, n FROM tour WHERE id = 1 is no_replica, expected read");

        final String explanation;

        Flaw(String explanation) {
            this.explanation = explanation;
        }
    }

    /** A proxy of a few lines: reads alternate, everything else stays on server 1. */
    private static final class ModelProxy {
        private final @Nullable Flaw flaw;
        private int turn;
        private int n;
        private int writer;

        ModelProxy(@Nullable Flaw flaw) {
            this.flaw = flaw;
        }

        TourSession open() {
            return new ModelSession(this);
        }

        boolean has(Flaw candidate) {
            return flaw == candidate;
        }

        int nextReplica() {
            return has(Flaw.ONE_REPLICA_ONLY) ? 2 : 2 + turn++ % 2;
        }
    }

    private static final class ModelSession implements TourSession {
        private final ModelProxy proxy;
        private final Map<String, String> variables = new HashMap<>();
        private String transaction = "";
        private int transactionServer;
        private String insertId = "0";

        ModelSession(ModelProxy proxy) {
            this.proxy = proxy;
        }

        @Override
        public Answer runPrepared(String sql, int parameter) {
            if (!transaction.isEmpty() && proxy.has(Flaw.PREPARED_LEAVES_TRANSACTION)) {
                return answer(sql, 2, "read", List.of("2", "0"));
            }
            return run(sql);
        }

        @Override
        public Answer run(String sql) {
            if (sql.equals("BEGIN") || sql.startsWith("START")) {
                transaction = sql.equals("BEGIN") ? "in_transaction" : "read_only_transaction";
                transactionServer = sql.equals("BEGIN") ? 1 : proxy.nextReplica();
                return answer(sql, transactionServer, "transaction_control", List.of());
            }
            if (sql.equals("COMMIT")) {
                transaction = "";
                return answer(sql, transactionServer, "transaction_control", List.of());
            }
            return sql.startsWith("SELECT") ? select(sql) : change(sql);
        }

        private Answer change(String sql) {
            int server = proxy.has(Flaw.WRITE_TO_REPLICA) ? 2 : 1;
            String reason = transaction.isEmpty() ? "write" : transaction;
            if (sql.startsWith("SET @v")) {
                variables.put("@v", "42");
                return answer(sql, 1, "session_statement", List.of());
            }
            if (sql.startsWith("INSERT")) {
                insertId = "2";
                return answer(sql, 1, reason, List.of());
            }
            boolean stale = proxy.has(Flaw.STALE_READ) && !sql.contains("n + 1");
            proxy.n = sql.contains("n + 1")
                    ? proxy.n + 1
                    : stale ? proxy.n : Integer.parseInt(sql.replaceAll(".* n = (\\d+) .*", "$1"));
            proxy.writer = server;
            return answer(sql, server, reason, List.of());
        }

        private Answer select(String sql) {
            if (sql.equals("SELECT @v")) {
                String value = proxy.has(Flaw.VARIABLE_LOST) ? "NULL" : variables.getOrDefault("@v", "NULL");
                return answer(sql, 1, "user_variable", List.of(value));
            }
            if (sql.contains("LAST_INSERT_ID")) {
                return answer(sql, 1, "session_function", List.of(proxy.has(Flaw.FOREIGN_INSERT_ID) ? "0" : insertId));
            }
            if (sql.contains("MAX(id)")) {
                return answer(sql, 1, "replica_behind", List.of("2"));
            }
            int server = server(sql);
            String reason = !transaction.isEmpty()
                    ? transaction
                    : sql.contains("FOR UPDATE")
                            ? "locking_read"
                            : proxy.has(Flaw.WRONG_REASON) ? "no_replica" : "read";
            int value = sql.contains("n FROM") ? proxy.n : proxy.writer;
            int claimed = proxy.has(Flaw.ROUTE_LIES) && server != 1 ? 5 - server : server;
            return answer(sql, claimed, reason, List.of(Integer.toString(server), Integer.toString(value)));
        }

        private int server(String sql) {
            if (transaction.equals("in_transaction")) {
                return proxy.has(Flaw.READ_LEAVES_TRANSACTION) ? 2 : 1;
            }
            if (transaction.equals("read_only_transaction")) {
                return proxy.has(Flaw.READ_ONLY_TRANSACTION_MOVES) ? 5 - transactionServer : transactionServer;
            }
            if (sql.contains("FOR UPDATE")) {
                return proxy.has(Flaw.LOCKING_READ_TO_REPLICA) ? 3 : 1;
            }
            return proxy.has(Flaw.READS_TO_PRIMARY) ? 1 : proxy.nextReplica();
        }

        private static Answer answer(String sql, int server, String reason, List<String> row) {
            String role = server == 1 ? "primary" : "replica";
            return new Answer(sql, row, new Route("h:" + server, role, reason.toLowerCase(Locale.ROOT), ""));
        }

        @Override
        public void close() {
            variables.clear();
        }
    }
}
