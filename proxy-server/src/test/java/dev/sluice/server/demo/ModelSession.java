package dev.sluice.server.demo;

import dev.sluice.server.demo.ModelProxy.Flaw;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A connection to a {@link ModelProxy}. Thread-safe: each statement runs under the monitor of the proxy. */
final class ModelSession implements TourSession {
    private final ModelProxy proxy;
    private final Map<String, String> variables = new HashMap<>();
    private boolean beforeTheKill;
    private int prepared;
    private String transaction = "";
    private int transactionServer;
    private String insertId = "0";

    ModelSession(ModelProxy proxy) {
        this.proxy = proxy;
        this.beforeTheKill = !proxy.isPrimaryKilled();
    }

    @Override
    public Answer runPrepared(String sql, int parameter) throws SQLException {
        if (!transaction.isEmpty() && proxy.has(Flaw.PREPARED_LEAVES_TRANSACTION)) {
            return answer(sql, 2, "read", List.of("2", "0"));
        }
        // The first time, the parser is too busy to say what a prepared statement is.
        return prepared++ == 0 ? answer(sql, proxy.primaryId(), "parser_busy", List.of("1", "0")) : run(sql);
    }

    @Override
    public Answer run(String sql) throws SQLException {
        synchronized (proxy) {
            if (beforeTheKill && proxy.isPrimaryKilled() && proxy.has(Flaw.IDLE_CONNECTION_GETS_AN_ERROR)) {
                beforeTheKill = false;
                throw new SQLException("the connection was idle on a dead server", "08S01", 1105);
            }
            if (sql.equals("BEGIN") || sql.startsWith("START")) {
                transaction = sql.equals("BEGIN") ? "in_transaction" : "read_only_transaction";
                transactionServer = sql.equals("BEGIN") ? proxy.primaryId() : proxy.nextReplica();
                return answer(sql, transactionServer, "transaction_control", List.of());
            }
            if (sql.equals("COMMIT")) {
                transaction = "";
                return answer(sql, transactionServer, "transaction_control", List.of());
            }
            return sql.startsWith("SELECT") ? select(sql) : change(sql);
        }
    }

    private Answer change(String sql) throws SQLException {
        int primary = proxy.primaryId();
        if (sql.startsWith("SET")) {
            variables.put(sql.startsWith("SET @v") ? "@v" : "time_zone", sql.replaceAll(".* = '?([^']*)'?", "$1"));
            return answer(sql, primary, "session_statement", List.of());
        }
        String reason = transaction.isEmpty() ? "write" : transaction;
        if (sql.contains("VALUES (0,")) {
            proxy.failIfDue(true);
            return answer(sql, primary, reason, List.of());
        }
        if (sql.startsWith("INSERT")) {
            insertId = "2";
            return answer(sql, primary, reason, List.of());
        }
        boolean stale = proxy.has(Flaw.STALE_READ) && !sql.contains("n + 1");
        proxy.n = sql.contains("n + 1")
                ? proxy.n + 1
                : stale ? proxy.n : Integer.parseInt(sql.replaceAll(".* n = (\\d+) .*", "$1"));
        int server = proxy.has(Flaw.WRITE_TO_REPLICA) ? 2 : primary;
        proxy.writer = server;
        return answer(sql, server, reason, List.of());
    }

    private Answer select(String sql) throws SQLException {
        if (sql.equals("SELECT @v")) {
            String value = proxy.has(Flaw.VARIABLE_LOST) ? "NULL" : variables.getOrDefault("@v", "NULL");
            return answer(sql, 1, "user_variable", List.of(value));
        }
        if (sql.equals("SELECT @@session.time_zone")) {
            String zone = proxy.has(Flaw.IDLE_CONNECTION_LOSES_ITS_SETTING)
                    ? "SYSTEM"
                    : variables.getOrDefault("time_zone", "SYSTEM");
            return answer(sql, proxy.nextReplica(), "read", List.of(zone));
        }
        if (sql.contains("LAST_INSERT_ID")) {
            return answer(sql, 1, "session_function", List.of(proxy.has(Flaw.FOREIGN_INSERT_ID) ? "0" : insertId));
        }
        if (sql.contains("MAX(id)")) {
            return answer(sql, 1, "replica_behind", List.of("2"));
        }
        return selectRow(sql);
    }

    private Answer selectRow(String sql) throws SQLException {
        proxy.failIfDue(false);
        int server = server(sql);
        String reason = !transaction.isEmpty()
                ? transaction
                : sql.contains("FOR UPDATE") ? "locking_read" : proxy.has(Flaw.WRONG_REASON) ? "no_replica" : "read";
        int value = sql.contains("n FROM") ? proxy.n : proxy.writer;
        int claimed = proxy.has(Flaw.ROUTE_LIES) && server != proxy.primaryId() ? 5 - server : server;
        return answer(sql, claimed, reason, List.of(Integer.toString(server), Integer.toString(value)));
    }

    private int server(String sql) {
        if (transaction.equals("in_transaction")) {
            return proxy.has(Flaw.READ_LEAVES_TRANSACTION) ? 2 : proxy.primaryId();
        }
        if (transaction.equals("read_only_transaction")) {
            return proxy.has(Flaw.READ_ONLY_TRANSACTION_MOVES) ? 5 - transactionServer : transactionServer;
        }
        if (sql.contains("FOR UPDATE")) {
            return proxy.has(Flaw.LOCKING_READ_TO_REPLICA) ? 3 : proxy.primaryId();
        }
        return proxy.has(Flaw.READS_TO_PRIMARY) ? proxy.primaryId() : proxy.nextReplica();
    }

    private Answer answer(String sql, int server, String reason, List<String> row) {
        String role = server == proxy.primaryId() ? "primary" : "replica";
        return new Answer(sql, row, new Route("h:" + server, role, reason.toLowerCase(Locale.ROOT), ""));
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        variables.clear();
    }
}
