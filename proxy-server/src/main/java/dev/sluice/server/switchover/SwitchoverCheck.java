package dev.sluice.server.switchover;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.switchover.SwitchoverDialect.ReplicationSource;
import dev.sluice.server.switchover.SwitchoverServer.Channel;
import dev.sluice.server.switchover.SwitchoverServer.State;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Finds out beforehand whether a switchover can succeed, and changes nothing. All that is in the way is reported at once.
 * Thread-safe: used by the thread that carries out the switchover.
 */
final class SwitchoverCheck {
    private static final int CONNECT_RETRY_SECONDS = 10;

    private static final String BY_HAND = ": if it replicates from the old primary, point it at the new one by hand";

    private static final int SURPLUS_READINGS = 20;
    private static final long SURPLUS_PAUSE_NANOS = Duration.ofMillis(20).toNanos();

    private final SwitchoverSettings settings;
    private final SqlSession.Connector connector;
    private final Topology topology;
    private final List<String> obstacles = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    SwitchoverCheck(SwitchoverSettings settings, SqlSession.Connector connector, Topology topology) {
        this.settings = settings;
        this.connector = connector;
        this.topology = topology;
    }

    /**
     * The plan.
     *
     * @param patience how long the target may take to catch up while the primary still writes
     * @throws OperationException if it cannot be done, with every reason
     */
    SwitchoverPlan plan(String address, Duration patience) throws OperationException {
        BackendStatus to = find(address);
        BackendStatus from = topology.primary();
        if (from == null) {
            throw new OperationException(Kind.CONFLICT, "there is no primary to switch over from");
        }
        if (from.ordinal() == to.ordinal()) {
            throw new OperationException(Kind.CONFLICT, address + " is the primary already");
        }
        SwitchoverDialect dialect = dialect(from, to);
        if (!to.isUsable() || to.role() != Role.REPLICA) {
            obstacles.add(to.address() + " is " + lower(to.health()) + ", " + lower(to.operatorState()) + " and "
                    + lower(to.role()) + (to.problem() == null ? "" : " (" + to.problem() + ")"));
            throw refusal(address);
        }
        SwitchoverServer primary = server(from, dialect);
        SwitchoverServer target = server(to, dialect);
        List<SwitchoverServer> followers = new ArrayList<>();
        SwitchoverPlan plan = null;
        try {
            plan = examine(dialect, primary, target, followers, patience);
        } finally {
            if (plan == null) {
                primary.close();
                target.close();
                followers.forEach(SwitchoverServer::close);
            }
        }
        return plan;
    }

    private SwitchoverPlan examine(
            SwitchoverDialect dialect,
            SwitchoverServer primary,
            SwitchoverServer target,
            List<SwitchoverServer> followers,
            Duration patience)
            throws OperationException {
        Channel channel = null;
        ReplicationSource source = null;
        boolean primaryObeys = hasPrivileges(primary, dialect);
        boolean targetObeys = hasPrivileges(target, dialect);
        if (primaryObeys && targetObeys) {
            channel = checkReplica(primary, target);
            source = channel == null ? null : source(dialect, target, channel);
            checkPositions(dialect, primary, target, patience);
        }
        Channel known = channel;
        for (BackendStatus other : topology.backends()) {
            if (other.ordinal() != primary.ordinal() && other.ordinal() != target.ordinal()) {
                SwitchoverServer server = server(other, dialect);
                followers.add(server);
                if (!checkOther(other, server, dialect, known)) {
                    followers.remove(server);
                    server.close();
                }
            }
        }
        if (!obstacles.isEmpty() || channel == null || source == null) {
            throw refusal(target.toString());
        }
        return new SwitchoverPlan(dialect, primary, target, followers, source, channel.host(), channel.port(), remarks);
    }

    private BackendStatus find(String address) throws OperationException {
        for (BackendStatus backend : topology.backends()) {
            if (backend.address().toString().equals(address)) {
                return backend;
            }
        }
        throw new OperationException(Kind.NOT_FOUND, "there is no backend " + address);
    }

    private static SwitchoverDialect dialect(BackendStatus from, BackendStatus to) throws OperationException {
        ServerFlavor ours = from.facts() == null ? null : from.facts().flavor();
        ServerFlavor theirs = to.facts() == null ? null : to.facts().flavor();
        if (ours == null || ours != theirs) {
            throw new OperationException(
                    Kind.CONFLICT, from.address() + " and " + to.address() + " are not known to be of one vendor");
        }
        return ours == ServerFlavor.MARIADB ? SwitchoverDialect.MARIADB : SwitchoverDialect.MYSQL;
    }

    private SwitchoverServer server(BackendStatus backend, SwitchoverDialect dialect) {
        return new SwitchoverServer(backend.ordinal(), backend.address(), dialect, connector);
    }

    /** Whether the account can be used there and may do all that is needed. */
    private boolean hasPrivileges(SwitchoverServer server, SwitchoverDialect dialect) {
        return hasPrivileges(server, dialect, obstacles);
    }

    private boolean hasPrivileges(SwitchoverServer server, SwitchoverDialect dialect, List<String> problems) {
        try {
            List<String> grants = server.grants();
            List<String> missing = dialect.privileges().stream()
                    .filter(privilege -> grants.stream().noneMatch(grant -> gives(grant, privilege)))
                    .toList();
            if (!missing.isEmpty()) {
                problems.add(server + ": the account '" + settings.user() + "' lacks " + String.join(", ", missing));
            }
            return missing.isEmpty();
        } catch (SQLException e) {
            problems.add(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private static boolean gives(String grant, String privilege) {
        String upper = grant.toUpperCase(Locale.ROOT);
        int on = upper.indexOf(" ON *.*");
        if (on < 0 || !upper.startsWith("GRANT ")) {
            return false;
        }
        for (String each : upper.substring("GRANT ".length(), on).split(",", -1)) {
            String name = each.strip();
            if (name.equals(privilege) || name.equals("ALL PRIVILEGES") || name.equals("SUPER")) {
                return true;
            }
        }
        return false;
    }

    /** Whether the target replicates from the primary in a way that can be turned round; its channel if it does. */
    private @Nullable Channel checkReplica(SwitchoverServer primary, SwitchoverServer target) {
        try {
            State from = primary.state();
            State to = target.state();
            check(!from.readOnly(), primary + " is read-only");
            check(to.readOnly(), target + " accepts writes");
            check(from.gtids() && to.gtids(), "gtid_mode is not ON everywhere");
            check(to.keepsLog(), target + " does not write what it replicates to a binary log of its own");
            List<Channel> channels = target.channels();
            if (channels.size() != 1 || !channels.get(0).name().isEmpty()) {
                obstacles.add(target + " has " + channels.size() + " sources; one, without a name, is needed");
                return null;
            }
            Channel channel = channels.get(0);
            check(channel.running(), target + ": replication does not run");
            check(channel.autoPosition(), target + " replicates by file and offset, not by GTIDs");
            check(
                    !SwitchoverServer.isOn(channel.row().get("sql_delay")),
                    target + " replicates with a delay of " + channel.row().get("sql_delay") + " s");
            check(
                    followsPrimary(channel),
                    target + " replicates from " + channel.host() + ":" + channel.port() + ", which is not " + primary);
            return channel;
        } catch (SQLException e) {
            obstacles.add(String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** By identity, because servers may know each other by other names than Sluice does. */
    private boolean followsPrimary(Channel channel) {
        BackendStatus from = Objects.requireNonNull(topology.primary());
        String uuid = channel.row().get("source_uuid");
        String id = channel.row().get("master_server_id");
        if (from.facts() != null && uuid != null) {
            return uuid.equals(from.facts().serverUuid());
        }
        if (from.facts() != null && id != null) {
            return id.equals(Long.toString(from.facts().serverId()));
        }
        return channel.host().equals(from.address().host())
                && channel.port() == from.address().port();
    }

    private void checkPositions(
            SwitchoverDialect dialect, SwitchoverServer primary, SwitchoverServer target, Duration patience) {
        try {
            String surplus = dialect == SwitchoverDialect.MYSQL ? surplus(primary, target) : target.ownWrites();
            check(surplus.isEmpty(), target + " has transactions that " + primary + " has not: " + surplus);
            check(
                    target.awaitPosition(primary.position(), patience),
                    target + " is more than " + patience.toMillis() + " ms behind " + primary);
        } catch (SQLException e) {
            obstacles.add(String.valueOf(e.getMessage()));
        }
    }

    /**
     * What the target has and the primary has not. A source may send a transaction a moment before it counts as executed
     * there, so what seems too much is asked about again.
     */
    private static String surplus(SwitchoverServer primary, SwitchoverServer target) throws SQLException {
        String surplus = primary.surplus(target.position());
        for (int attempt = 0; attempt < SURPLUS_READINGS && !surplus.isEmpty(); attempt++) {
            LockSupport.parkNanos(SURPLUS_PAUSE_NANOS);
            surplus = primary.surplus(surplus);
        }
        return surplus;
    }

    /** Whether another server has to be pointed at the new primary. */
    private boolean checkOther(
            BackendStatus other, SwitchoverServer server, SwitchoverDialect dialect, @Nullable Channel known) {
        if (other.health() != Health.ONLINE) {
            remarks.add(
                    other.address() + " is " + lower(other.health()) + ", " + lower(other.operatorState()) + BY_HAND);
            return false;
        }
        if (!other.isUsable()) {
            return checkUnused(server, dialect);
        }
        if (!hasPrivileges(server, dialect)) {
            return false;
        }
        try {
            check(server.state().readOnly(), server + " accepts writes");
            Channel channel = channelOfPrimary(server);
            if (known != null && channel != null) {
                check(channel.autoPosition(), server + " replicates by file and offset, not by GTIDs");
                return true;
            }
            remarks.add(server + " does not replicate from the primary and stays as it is");
        } catch (SQLException e) {
            obstacles.add(String.valueOf(e.getMessage()));
        }
        return false;
    }

    /**
     * Whether a server that an operator has taken out of use has to be pointed at the new primary. It is still in the
     * operator's hands, so nothing about it is in the way of the others.
     */
    private boolean checkUnused(SwitchoverServer server, SwitchoverDialect dialect) {
        List<String> problems = new ArrayList<>();
        boolean obeys = hasPrivileges(server, dialect, problems);
        try {
            Channel channel = obeys ? channelOfPrimary(server) : null;
            if (obeys && channel == null) {
                remarks.add(server + " does not replicate from the primary and stays as it is");
            } else if (channel != null && !channel.running()) {
                problems.add(server + ": replication does not run");
            } else if (channel != null && !channel.autoPosition()) {
                problems.add(server + " replicates by file and offset, not by GTIDs");
            } else if (channel != null) {
                return true;
            }
        } catch (SQLException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        problems.forEach(problem -> remarks.add(problem + BY_HAND));
        return false;
    }

    private @Nullable Channel channelOfPrimary(SwitchoverServer server) throws SQLException {
        for (Channel channel : server.channels()) {
            if (channel.name().isEmpty() && followsPrimary(channel)) {
                return channel;
            }
        }
        return null;
    }

    /** How the old primary will log in to the new one. */
    private @Nullable ReplicationSource source(SwitchoverDialect dialect, SwitchoverServer target, Channel channel) {
        boolean mysql = dialect == SwitchoverDialect.MYSQL;
        int retry = CONNECT_RETRY_SECONDS;
        String given = channel.row().get("connect_retry");
        if (given != null && !given.isEmpty()) {
            retry = Integer.parseInt(given);
        }
        boolean tls = "yes".equalsIgnoreCase(channel.row().get(mysql ? "source_ssl_allowed" : "master_ssl_allowed"));
        boolean publicKey = SwitchoverServer.isOn(channel.row().get("get_source_public_key"));
        if (settings.replication().isPresent()) {
            var account = settings.replication().get();
            return new ReplicationSource(account.user(), account.password(), retry, tls, publicKey);
        }
        if (!mysql) {
            obstacles.add("MariaDB does not tell the password of a replica: set admin.replication-user and"
                    + " admin.replication-password");
            return null;
        }
        try {
            List<Map<String, @Nullable String>> stored = target.storedSource();
            if (!stored.isEmpty()) {
                Map<String, @Nullable String> row = stored.get(0);
                return new ReplicationSource(
                        SwitchoverServer.text(row, "user_name"),
                        SwitchoverServer.text(row, "user_password"),
                        retry,
                        tls,
                        publicKey);
            }
            obstacles.add(target + " keeps no replication account in mysql.slave_master_info: set"
                    + " admin.replication-user and admin.replication-password");
        } catch (SQLException e) {
            obstacles.add(e.getMessage() + "; grant SELECT on that table, or set admin.replication-user and"
                    + " admin.replication-password");
        }
        return null;
    }

    private void check(boolean holds, String otherwise) {
        if (!holds) {
            obstacles.add(otherwise);
        }
    }

    private OperationException refusal(String address) {
        return new OperationException(
                Kind.CONFLICT, "cannot switch over to " + address + ": " + String.join("; ", obstacles));
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
