package dev.sluice.server.it;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The schemas of the tests of session state, and sessions that take turns in them. Thread-safe: functions without state. */
final class StateSchemas {
    private StateSchemas() {}

    static void create() {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE state",
                        "CREATE DATABASE state2",
                        "GRANT ALL ON `state%`.* TO 'app'@'%'",
                        "GRANT RELOAD ON *.* TO 'app'@'%'",
                        "GRANT ALL ON `state%`.* TO 'native'@'%'",
                        "CREATE TABLE state.t (id INT PRIMARY KEY, v INT)",
                        "INSERT INTO state.t VALUES (1, 1), (2, 2), (3, 3)",
                        "CREATE TABLE state2.t (id INT PRIMARY KEY, v INT)",
                        "CREATE TABLE state.a (id INT AUTO_INCREMENT PRIMARY KEY, who INT, u INT UNIQUE)",
                        "CREATE TABLE state.w (s VARCHAR(3))");
    }

    static void drop() {
        Servers.mysql()
                .primary()
                .execute("DROP DATABASE state", "DROP DATABASE state2", "REVOKE RELOAD ON *.* FROM 'app'@'%'");
    }

    /** One event loop and two connections to each server, when it knows that the replicas have the schemas. */
    static TestProxy startProxy() throws Exception {
        TestProxy proxy = TestProxy.options().eventLoops(1).connections(2).start(Servers.mysql());
        proxy.awaitCaughtUp();
        return proxy;
    }

    static Connection connect(TestProxy proxy, String... options) throws SQLException {
        return proxy.connectAs("app", "app-secret", "state", options);
    }

    /** What one of several sessions does when it is its turn. */
    interface Turn {
        void take(Connection connection, int session) throws SQLException;
    }

    /** Sessions that are opened together, used in turns, and closed together. */
    static void inTurns(TestProxy proxy, int count, List<Turn> turns) throws SQLException {
        List<Connection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                connections.add(connect(proxy));
            }
            for (Turn turn : turns) {
                for (int i = 0; i < count; i++) {
                    turn.take(connections.get(i), i);
                }
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }
}
