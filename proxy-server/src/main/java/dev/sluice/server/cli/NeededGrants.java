package dev.sluice.server.cli;

import dev.sluice.server.cli.MissingGrant.Need;
import dev.sluice.server.config.HeartbeatMode;
import dev.sluice.server.config.SluiceConfig;
import java.util.ArrayList;
import java.util.List;

/** The privileges that a configuration needs on one server, compared with those that its accounts have there. Immutable. */
final class NeededGrants {
    private static final String GLOBAL = "*.*";
    private static final String MONITOR = "the monitor account";
    private static final Need SEE_REPLICATION =
            new Need("replication and lag are unknown, so replicas take no reads", true, true);

    private final SluiceConfig config;
    private final Flavor flavor;

    /**
     * What a server is, as far as its privileges go. Immutable.
     *
     * @param mariaDb whether it is MariaDB, which has privileges of its own
     * @param finePrivileges whether MariaDB has the privileges that 10.5 brought
     * @param groupReplication whether it is set up for Group Replication
     */
    record Flavor(boolean mariaDb, boolean finePrivileges, boolean groupReplication) {}

    NeededGrants(SluiceConfig config, Flavor flavor) {
        this.config = config;
        this.flavor = flavor;
    }

    /** What the monitor account lacks. */
    List<MissingGrant> missingForMonitor(AccountGrants grants) {
        List<MissingGrant> missing = new ArrayList<>();
        String see = flavor.finePrivileges() ? "SLAVE MONITOR" : "REPLICATION CLIENT";
        require(missing, MONITOR, grants, GLOBAL, SEE_REPLICATION, see);
        Need logins = new Need("accounts that use mysql_native_password cannot log in through Sluice", false, false);
        require(missing, MONITOR, grants, "mysql.user", logins, "SELECT");
        if (flavor.mariaDb()) {
            Need locks = new Need("a locked account is noticed only when a connection logs in", false, false);
            require(missing, MONITOR, grants, "mysql.global_priv", locks, "SELECT");
        }
        Need kill = new Need("KILL cannot end a statement on its server", false, false);
        require(missing, MONITOR, grants, GLOBAL, kill, flavor.mariaDb() ? connectionAdmin() : "CONNECTION_ADMIN");
        Need triggers = new Need(
                "user variables that triggers assign may be seen by other sessions of the same user", false, false);
        require(missing, MONITOR, grants, GLOBAL, triggers, "TRIGGER");
        if (config.monitor().discover().use()) {
            Need list = new Need("replicas are not discovered (monitor.discover)", true, false);
            require(missing, MONITOR, grants, GLOBAL, list, listReplicas());
        }
        if (flavor.groupReplication()) {
            Need group = new Need("a member of the group is taken for a server alone", true, false);
            require(missing, MONITOR, grants, "performance_schema.replication_group_members", group, "SELECT");
        }
        heartbeat(missing, grants);
        return missing;
    }

    private String connectionAdmin() {
        return flavor.finePrivileges() ? "CONNECTION ADMIN" : "SUPER";
    }

    private String listReplicas() {
        return flavor.finePrivileges() ? "REPLICATION MASTER ADMIN" : "REPLICATION SLAVE";
    }

    private void heartbeat(List<MissingGrant> missing, AccountGrants grants) {
        HeartbeatMode mode = config.monitor().heartbeat().mode();
        String table = config.monitor().heartbeat().table();
        if (mode == HeartbeatMode.READ) {
            Need read = new Need("lag is not measured by the heartbeat", true, false);
            require(missing, MONITOR, grants, table, read, "SELECT");
        } else if (mode == HeartbeatMode.WRITE) {
            Need write = new Need("the heartbeat is not written while this server is the primary", true, false);
            require(missing, MONITOR, grants, table, write, "SELECT", "INSERT", "UPDATE");
        }
    }

    /** Whether a planned switchover can be asked for, or its account is configured. */
    static boolean concernSwitchover(SluiceConfig config) {
        return config.switchover().user().isPresent()
                || config.admin().port().isPresent()
                || config.admin().apiToken().isPresent();
    }

    /** What the account of a planned switchover lacks. */
    List<MissingGrant> missingForSwitchover(AccountGrants grants) {
        boolean own = config.switchover().user().isPresent();
        String who = own ? "the account of admin.switchover-user" : MONITOR;
        Need change = new Need("SWITCHOVER is refused", own, false);
        List<MissingGrant> missing = new ArrayList<>();
        if (flavor.mariaDb()) {
            String[] privileges = flavor.finePrivileges()
                    ? new String[] {
                        "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN", "SLAVE MONITOR", "BINLOG MONITOR", "RELOAD"
                    }
                    : new String[] {"SUPER", "REPLICATION CLIENT", "RELOAD"};
            require(missing, who, grants, GLOBAL, change, privileges);
            return missing;
        }
        require(
                missing,
                who,
                grants,
                GLOBAL,
                change,
                "SYSTEM_VARIABLES_ADMIN",
                "CONNECTION_ADMIN",
                "REPLICATION_SLAVE_ADMIN",
                "REPLICATION CLIENT",
                "RELOAD");
        if (config.switchover().replicationUser().isEmpty()) {
            Need source = new Need("SWITCHOVER is refused unless admin.replication-user is set", own, false);
            require(missing, who, grants, "mysql.slave_master_info", source, "SELECT");
        }
        return missing;
    }

    private static void require(
            List<MissingGrant> missing,
            String who,
            AccountGrants grants,
            String object,
            Need need,
            String... privileges) {
        List<String> lacking = new ArrayList<>();
        for (String privilege : privileges) {
            if (!grants.has(privilege, object)) {
                lacking.add(privilege);
            }
        }
        if (!lacking.isEmpty()) {
            missing.add(new MissingGrant(who, grants.account(), lacking, object, need));
        }
    }
}
