package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What happens to the servers of a soak, and what operators say meanwhile: replicas and primaries are killed and come back, the
 * primary is changed on purpose, servers are drained, removed and added, settings are changed. Confined to one thread.
 */
final class SoakOperator {
    private static final System.Logger LOGGER = System.getLogger("SoakIT");
    static final String USER = "op";
    static final String PASSWORD = "soak-secret";

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration CALM = Duration.ofSeconds(1);
    private static final String LATEST = "SELECT token FROM app.soak WHERE id > (SELECT MAX(id) FROM app.soak) - 20000";

    private final SoakRecord record;
    private final LocalCluster cluster;
    private final int adminPort;
    private final Path file;
    private int turn;

    /**
     * @param adminPort of Sluice
     * @param file its configuration
     */
    SoakOperator(SoakRecord record, LocalCluster cluster, int adminPort, Path file) {
        this.record = record;
        this.cluster = cluster;
        this.adminPort = adminPort;
        this.file = file;
    }

    /** Does the next thing, and returns when all servers are in use again. */
    void act() throws SQLException, IOException {
        int now = turn++;
        switch (now % 6) {
            case 0 -> changeSettings(now);
            case 1 -> killReplica();
            case 2 -> switchOver();
            case 3 -> removeAndAdd();
            case 4 -> killPrimary();
            default -> killSession();
        }
        awaitWhole();
        pause();
    }

    private static void pause() {
        await().pollDelay(CALM).until(() -> true);
    }

    private Connection admin() throws SQLException {
        return Sql.open(adminPort, USER, PASSWORD, "");
    }

    /** Says something to Sluice, which may refuse it. */
    private boolean say(String kind, String... statements) throws SQLException {
        try (Connection admin = admin()) {
            Sql.run(admin, statements);
            record.count(kind);
            return true;
        } catch (SQLException e) {
            if (e.getErrorCode() == 0) {
                throw e;
            }
            record.count(kind + ", refused: "
                    + String.valueOf(e.getMessage()).replaceAll("[0-9]+(\\.[0-9]+)*(:[0-9]+)?", "N"));
            return false;
        }
    }

    private LocalServer anyReplica() {
        List<LocalServer> replicas = cluster.replicas();
        return replicas.get(turn / 6 % replicas.size());
    }

    private void changeSettings(int now) throws SQLException, IOException {
        String replica = anyReplica().address();
        boolean unused = say("features", "SET FEATURE multiplexing = off", "SET FEATURE read_splitting = off");
        unused = say("weights", "SET BACKEND '" + replica + "' WEIGHT " + (1 + now % 5));
        unused = say("features", "SET FEATURE multiplexing = on", "SET FEATURE read_splitting = on");
        String text = Files.readString(file);
        Files.writeString(file, text.replaceAll("acquire-timeout: \\d+s", "acquire-timeout: " + (10 + now % 5) + "s"));
        unused = say("reloads", "RELOAD");
    }

    private void killReplica() {
        LocalServer replica = anyReplica();
        replica.kill();
        pause();
        replica.start();
        if (!replica.isReplicating()) {
            cluster.startReplication(replica);
        }
        record.count("replicas killed");
    }

    private void switchOver() throws SQLException {
        cluster.awaitReplicated(PATIENCE);
        LocalServer target = anyReplica();
        if (say("switchovers", "SWITCHOVER TO '" + target.address() + "' TIMEOUT 10")) {
            cluster.primaryChanged(target);
        }
    }

    private void removeAndAdd() throws SQLException {
        String replica = anyReplica().address();
        boolean drained = say("drains", "DRAIN BACKEND '" + replica + "' TIMEOUT 5");
        boolean removed = say("removals", "REMOVE BACKEND '" + replica + "'");
        if (removed) {
            boolean unused = say("additions", "ADD BACKEND '" + replica + "'");
        } else if (drained) {
            boolean unused = say("resumptions", "RESUME BACKEND '" + replica + "'");
        }
    }

    private void killPrimary() {
        LocalServer old = cluster.primary();
        record.lossBegins();
        old.kill();
        LOGGER.log(Level.INFO, "{0} killed, loss {1}", old, record.losses());
        cluster.promote(cluster.mostAdvancedReplica());
        pause();
        cluster.rejoinKilled(old, this::undo);
        record.count("primaries killed");
    }

    /** Removes what only the killed primary has. */
    private List<String> undo(LocalServer old) {
        Set<Long> surplus = tokens(old, LATEST);
        surplus.removeAll(
                tokens(cluster.primary(), "SELECT token FROM app.soak WHERE token IN (" + list(surplus) + ")"));
        record.unreplicated(surplus);
        LOGGER.log(Level.INFO, "only on {0}: {1}", old, surplus);
        return surplus.isEmpty() ? List.of() : List.of("DELETE FROM app.soak WHERE token IN (" + list(surplus) + ")");
    }

    private static String list(Set<Long> tokens) {
        return tokens.isEmpty() ? "0" : tokens.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    static Set<Long> tokens(LocalServer server, String query) {
        try (Connection root = server.connect()) {
            return new HashSet<>(
                    Sql.rows(root, query).stream().map(Long::valueOf).toList());
        } catch (SQLException e) {
            throw new LocalClusterException(server + " does not tell its tokens: " + e.getMessage(), e);
        }
    }

    private void killSession() throws SQLException {
        String id;
        try (Connection admin = admin()) {
            id = Sql.value(admin, "SHOW SESSIONS");
        }
        boolean unused = id != null && say("sessions killed", "KILL " + id);
    }

    /** Returns when Sluice uses all servers again. */
    void awaitWhole() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(this::isWhole);
    }

    private boolean isWhole() throws SQLException {
        try (Connection admin = admin()) {
            List<List<String>> backends = columns(admin, "SHOW BACKENDS", "role", "reads", "operator_state");
            long readable = backends.stream()
                    .filter(row -> row.get(0).equals("replica") && row.get(1).equals("yes"))
                    .count();
            return readable == cluster.replicas().size()
                    && backends.stream().anyMatch(row -> row.get(0).equals("primary"));
        }
    }

    /** Returns when Sluice has no client, no statement and no connection of a pool any more. */
    void awaitIdle() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .untilAsserted(() -> {
                    try (Connection admin = admin()) {
                        List<List<String>> used =
                                columns(admin, "SHOW BACKENDS", "in_flight", "waiting", "connections_open");
                        assertThat(used).allMatch(List.of("0", "0", "0")::equals);
                        assertThat(Sql.rows(admin, "SHOW SESSIONS")).isEmpty();
                    }
                });
    }

    private static List<List<String>> columns(Connection connection, String sql, String... names) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            List<List<String>> all = new ArrayList<>();
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (String name : names) {
                    row.add(String.valueOf(rows.getString(name)));
                }
                all.add(row);
            }
            return all;
        }
    }
}
