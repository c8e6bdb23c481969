package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.mysqlclient.MySQLConnectOptions;
import io.vertx.mysqlclient.MySQLConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Several connections that send a lot without waiting, each of which reads what it wrote. Thread-safe: no state. */
final class VertxPipelines {
    private static final int CONNECTIONS = 8;
    private static final int ROUNDS = 100;

    private VertxPipelines() {}

    /** Fails unless both ways each answer belongs to its question, and reads are answered by replicas through the proxy. */
    static void assertSame(TestProxy proxy, Vertx vertx, IntFunction<MySQLConnectOptions> options) throws Exception {
        String primary = proxy.cluster().primary().queryValue("SELECT @@server_id");
        assertThat(run(proxy, vertx, options.apply(proxy.cluster().primary().port())))
                .containsExactly(primary);
        assertThat(run(proxy, vertx, options.apply(proxy.port())))
                .as("the replicas")
                .hasSize(2)
                .doesNotContain(primary);
    }

    /** The servers that have answered reads. */
    private static Set<String> run(TestProxy proxy, Vertx vertx, MySQLConnectOptions options) throws Exception {
        proxy.cluster()
                .primary()
                .execute(
                        "DROP TABLE IF EXISTS app.drv_w",
                        "CREATE TABLE app.drv_w (id INT PRIMARY KEY, n INT NOT NULL)");
        proxy.awaitCaughtUp();
        List<MySQLConnection> connections = new ArrayList<>();
        List<Pipeline> pipelines = new ArrayList<>();
        try {
            for (int id = 0; id < CONNECTIONS; id++) {
                connections.add(VertxConversation.wait(MySQLConnection.connect(vertx, options)));
            }
            for (int id = 0; id < CONNECTIONS; id++) {
                pipelines.add(Pipeline.begin(connections.get(id), id));
            }
            Set<String> servers = new HashSet<>();
            for (Pipeline pipeline : pipelines) {
                pipeline.check(servers);
            }
            return servers;
        } finally {
            for (MySQLConnection connection : connections) {
                connection.close().await(TestProxy.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    /** What one connection has asked. Immutable. */
    private record Pipeline(
            int id, List<Future<RowSet<Row>>> spread, List<Future<RowSet<Row>>> own, List<Future<RowSet<Row>>> echo) {
        static Pipeline begin(MySQLConnection connection, int id) {
            Pipeline pipeline = new Pipeline(id, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int i = 0; i < ROUNDS; i++) {
                pipeline.spread.add(connection
                        .query("SELECT @@server_id, v FROM drv_r WHERE id = 1")
                        .execute());
            }
            pipeline.own.add(connection
                    .query("INSERT INTO drv_w VALUES (" + id + ", -1)")
                    .execute());
            for (int i = 0; i < ROUNDS; i++) {
                pipeline.own.add(connection
                        .preparedQuery("UPDATE drv_w SET n = ? WHERE id = ?")
                        .execute(Tuple.of(i, id)));
                pipeline.echo.add(connection
                        .preparedQuery("SELECT n, ? FROM drv_w WHERE id = ?")
                        .execute(Tuple.of(i * CONNECTIONS + id, id)));
            }
            return pipeline;
        }

        void check(Set<String> servers) throws Exception {
            for (Future<RowSet<Row>> one : spread) {
                Row row = VertxConversation.wait(one).iterator().next();
                assertThat(row.getString(1)).isEqualTo("one");
                servers.add(String.valueOf(row.getValue(0)));
            }
            for (Future<RowSet<Row>> one : own) {
                assertThat(VertxConversation.wait(one).rowCount()).isEqualTo(1);
            }
            for (int i = 0; i < ROUNDS; i++) {
                Row row = VertxConversation.wait(echo.get(i)).iterator().next();
                assertThat(row.getInteger(0)).as("its own write of round " + i).isEqualTo(i);
                assertThat(row.getInteger(1))
                        .as("its own question of round " + i)
                        .isEqualTo(i * CONNECTIONS + id);
            }
        }
    }
}
