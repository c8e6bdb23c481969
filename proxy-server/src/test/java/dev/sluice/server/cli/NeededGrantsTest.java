package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.cli.NeededGrants.Flavor;
import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NeededGrantsTest {
    private static final Flavor MYSQL = new Flavor(false, false, false);
    private static final Flavor MARIADB = new Flavor(true, true, false);

    private static SluiceConfig config(String monitor, String more) throws ConfigException {
        String text = "listen: 127.0.0.1:1\nbackends: [{address: a:1}]\nmonitor: {user: m, password: x" + monitor
                + "}\n" + more + "\n";
        return new ConfigLoader(Map.<String, String>of()::get).parse(text, "f", Path.of("/"));
    }

    private static AccountGrants account(String... grants) {
        return AccountGrants.of("'m'@'%'", List.of(grants));
    }

    private static List<String> monitor(SluiceConfig config, Flavor flavor, String... grants) {
        return new NeededGrants(config, flavor)
                .missingForMonitor(account(grants)).stream()
                        .map(MissingGrant::statement)
                        .toList();
    }

    private static List<String> switchover(SluiceConfig config, Flavor flavor, String... grants) {
        return new NeededGrants(config, flavor)
                .missingForSwitchover(account(grants)).stream()
                        .map(MissingGrant::statement)
                        .toList();
    }

    @Test
    void anAccountWithoutRightsIsToldEveryStatementToRun() throws Exception {
        assertThat(monitor(config("", ""), MYSQL, "GRANT USAGE ON *.* TO `m`@`%`"))
                .containsExactly(
                        "GRANT REPLICATION CLIENT ON *.* TO 'm'@'%'",
                        "GRANT SELECT ON mysql.user TO 'm'@'%'",
                        "GRANT CONNECTION_ADMIN ON *.* TO 'm'@'%'",
                        "GRANT TRIGGER ON *.* TO 'm'@'%'");
        assertThat(monitor(config("", ""), MARIADB, "GRANT USAGE ON *.* TO `m`@`%`"))
                .containsExactly(
                        "GRANT SLAVE MONITOR ON *.* TO 'm'@'%'",
                        "GRANT SELECT ON mysql.user TO 'm'@'%'",
                        "GRANT SELECT ON mysql.global_priv TO 'm'@'%'",
                        "GRANT CONNECTION ADMIN ON *.* TO 'm'@'%'",
                        "GRANT TRIGGER ON *.* TO 'm'@'%'");
        assertThat(monitor(config("", ""), new Flavor(true, false, false), "GRANT USAGE ON *.* TO `m`@`%`"))
                .contains("GRANT REPLICATION CLIENT ON *.* TO 'm'@'%'", "GRANT SUPER ON *.* TO 'm'@'%'");
    }

    @Test
    void whatIsThereIsNotAskedForHoweverItWasGranted() throws Exception {
        assertThat(monitor(
                        config("", ""),
                        MYSQL,
                        "GRANT REPLICATION CLIENT ON *.* TO `m`@`%`",
                        "GRANT CONNECTION_ADMIN, TRIGGER ON *.* TO `m`@`%` WITH GRANT OPTION",
                        "GRANT SELECT ON `mysql`.`user` TO `m`@`%`"))
                .isEmpty();
        assertThat(monitor(
                        config("", ""),
                        MYSQL,
                        "GRANT SUPER, TRIGGER ON *.* TO `m`@`%`",
                        "GRANT SELECT ON `mysql`.* TO `m`@`%`"))
                .isEmpty();
        assertThat(monitor(
                        config("", ""), MARIADB, "GRANT ALL PRIVILEGES ON *.* TO `m`@`%` IDENTIFIED BY PASSWORD '*A'"))
                .isEmpty();
        assertThat(monitor(
                        config("", ""),
                        MARIADB,
                        "GRANT REPLICA MONITOR, CONNECTION ADMIN, TRIGGER ON *.* TO `m`@`%`",
                        "GRANT SELECT ON `mysql`.* TO `m`@`%`"))
                .isEmpty();
    }

    @Test
    void theRightToSomeColumnsIsNotTheRightToTheTable() throws Exception {
        assertThat(monitor(
                        config("", ""),
                        MYSQL,
                        "GRANT REPLICATION CLIENT ON *.* TO `m`@`%`",
                        "GRANT CONNECTION_ADMIN, TRIGGER ON *.* TO `m`@`%`",
                        "GRANT SELECT (`User`, `Host`) ON `mysql`.`user` TO `m`@`%`"))
                .containsExactly("GRANT SELECT ON mysql.user TO 'm'@'%'");
    }

    @Test
    void theHeartbeatDiscoveryAndGroupsAreAskedForOnlyWhereTheyAreUsed() throws Exception {
        String all = "GRANT REPLICATION CLIENT, CONNECTION_ADMIN, TRIGGER ON *.* TO `m`@`%`";
        String users = "GRANT SELECT ON `mysql`.`user` TO `m`@`%`";
        assertThat(monitor(config(", heartbeat: read, heartbeat-table: ops.beat", ""), MYSQL, all, users))
                .containsExactly("GRANT SELECT ON ops.beat TO 'm'@'%'");
        assertThat(monitor(
                        config(", heartbeat: write, heartbeat-table: ops.beat", ""),
                        MYSQL,
                        all,
                        users,
                        "GRANT SELECT ON `ops`.* TO `m`@`%`"))
                .containsExactly("GRANT INSERT, UPDATE ON ops.beat TO 'm'@'%'");
        assertThat(monitor(config(", discover: true", ""), MYSQL, all, users))
                .containsExactly("GRANT REPLICATION SLAVE ON *.* TO 'm'@'%'");
        assertThat(monitor(config(", discover: true", ""), MARIADB, "GRANT ALL PRIVILEGES ON *.* TO `m`@`%`"))
                .isEmpty();
        assertThat(monitor(config("", ""), new Flavor(false, false, true), all, users))
                .containsExactly("GRANT SELECT ON performance_schema.replication_group_members TO 'm'@'%'");
    }

    @Test
    void aSwitchoverIsAskedForOnlyWhereItCanBeMade() throws Exception {
        SluiceConfig none = config("", "");
        SluiceConfig port = config("", "admin: {listen: \"127.0.0.1:2\", user: o, password: p}");
        SluiceConfig own = config("", "admin: {switchover-user: sw, switchover-password: p}");
        assertThat(NeededGrants.concernSwitchover(none)).isFalse();
        assertThat(NeededGrants.concernSwitchover(port)).isTrue();
        assertThat(NeededGrants.concernSwitchover(own)).isTrue();
        assertThat(new NeededGrants(port, MYSQL).missingForSwitchover(account()))
                .noneMatch(MissingGrant::needed);
        assertThat(new NeededGrants(own, MYSQL).missingForSwitchover(account())).allMatch(MissingGrant::needed);
    }

    @Test
    void aSwitchoverNeedsOtherRightsOnMySqlAndOnMariaDb() throws Exception {
        SluiceConfig own = config("", "admin: {switchover-user: sw, switchover-password: p}");
        SluiceConfig named = config(
                "",
                "admin: {switchover-user: sw, switchover-password: p, replication-user: r, replication-password: q}");
        assertThat(switchover(own, MYSQL, "GRANT RELOAD, CONNECTION_ADMIN ON *.* TO `m`@`%`"))
                .containsExactly(
                        "GRANT SYSTEM_VARIABLES_ADMIN, REPLICATION_SLAVE_ADMIN, REPLICATION CLIENT ON *.* TO 'm'@'%'",
                        "GRANT SELECT ON mysql.slave_master_info TO 'm'@'%'");
        assertThat(switchover(named, MYSQL, "GRANT RELOAD, SUPER ON *.* TO `m`@`%`"))
                .isEmpty();
        assertThat(switchover(own, MARIADB, "GRANT RELOAD, BINLOG MONITOR ON *.* TO `m`@`%`"))
                .containsExactly("GRANT READ_ONLY ADMIN, REPLICATION SLAVE ADMIN, SLAVE MONITOR ON *.* TO 'm'@'%'");
    }
}
