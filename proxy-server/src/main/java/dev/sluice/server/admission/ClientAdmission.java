package dev.sluice.server.admission;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.LimitsConfig;
import dev.sluice.server.config.LimitsConfig.PerClient;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides about clients before anything is done for them: by the lists of networks and users, and by the limits on connections
 * and logins. Thread-safe: the rules are one volatile reference, the counts are atomic.
 *
 * <p>What it looks at is in the order of what it costs an attacker: a refusal at accept is one packet and no state.
 */
public final class ClientAdmission {
    /** An attacker with one IPv6 address has all of its network. */
    private static final int IPV6_NETWORK_BYTES = 8;

    private static final String NO_ROOM = "Sluice lets nobody in until others have left";
    private static final String NOBODY_YET = "unauthenticated user";

    /** The limit on all connections. Thread-safe: implementations are. */
    public interface Total {
        /** Counts a connection; false when the limit is reached. */
        boolean tryEnter();

        /** A counted connection has ended. */
        void leave();
    }

    private record Rules(AccessConfig access, PerClient limits) {}

    private final Total total;
    private final Refusals refusals;
    private final LongSupplier nanoClock;
    private final Places users = new Places();
    private final Places addresses = new Places();
    private final LoginAttempts attempts;
    private volatile Rules rules;
    private volatile boolean shortOfMemory;

    /** @param nanoClock a monotonic clock */
    public ClientAdmission(
            AccessConfig access, LimitsConfig limits, Total total, Refusals refusals, LongSupplier nanoClock) {
        this.rules = new Rules(access, limits.perClient());
        this.total = total;
        this.refusals = refusals;
        this.nanoClock = nanoClock;
        this.attempts = new LoginAttempts(nanoClock);
    }

    /** Changes the rules for those who come from now on. */
    public void rules(AccessConfig access, LimitsConfig limits) {
        rules = new Rules(access, limits.perClient());
    }

    /** Whether there is no memory for more clients at this moment. */
    public void shortOfMemory(boolean value) {
        shortOfMemory = value;
    }

    /**
     * A place for a client that connects now.
     *
     * @param address its address; null if it has none
     * @param client the same for logs, with its port
     */
    public Ticket ticket(@Nullable InetAddress address, String client) {
        return new ClientTicket(address, client);
    }

    /** Whether a connection from an address has to begin with the header of a load balancer. */
    public boolean isProxy(InetAddress address) {
        return rules.access().proxies().contains(address);
    }

    /** Addresses that count as one, by one text. */
    static String keyOf(InetAddress address) {
        byte[] bytes = address.getAddress();
        int length = address instanceof Inet6Address ? IPV6_NETWORK_BYTES : bytes.length;
        return HexFormat.of().formatHex(bytes, 0, length);
    }

    /** Users and addresses that have connections. */
    int known() {
        return users.size() + addresses.size();
    }

    /** The place of one client. */
    private final class ClientTicket implements Ticket {
        private final @Nullable InetAddress address;
        private final String client;
        private @Nullable String countedAddress;
        private @Nullable String countedUser;
        /** The address at whose expense a login is under way. */
        private @Nullable String trying;

        private boolean counted;
        private boolean left;

        ClientTicket(@Nullable InetAddress address, String client) {
            this.address = address;
            this.client = client;
        }

        /** The address by which it is counted; null if that stands for many clients. */
        private @Nullable String counts(PerClient limits) {
            InetAddress from = address;
            return from == null || limits.sharedAddresses().contains(from) ? null : keyOf(from);
        }

        private String host() {
            InetAddress from = address;
            return from == null ? "localhost" : from.getHostAddress();
        }

        @Override
        public @Nullable ErrPacket enter() {
            if (left) {
                return ErrorCode.ER_CON_COUNT_ERROR.toPacket();
            }
            Rules now = rules;
            InetAddress from = address;
            if (from != null && !now.access().admits(from)) {
                return refuse(Limit.ACCESS, ErrorCode.ER_HOST_NOT_PRIVILEGED.toPacket(host()));
            }
            if (shortOfMemory) {
                return refuse(Limit.HEAP, ErrorCode.ER_OUT_OF_RESOURCES.toPacket(NO_ROOM));
            }
            ErrPacket tooFast = tryAgain();
            if (tooFast != null) {
                return tooFast;
            }
            String key = counts(now.limits());
            int max = now.limits().maxConnectionsPerAddress();
            if (key != null && !addresses.tryTake(key, max)) {
                giveBackAttempt(now.limits());
                return refuse(Limit.MAX_CONNECTIONS_PER_ADDRESS, exceeded("limits.max-connections-per-address", max));
            }
            countedAddress = key;
            if (!total.tryEnter()) {
                giveBackAttempt(now.limits());
                return refuse(Limit.MAX_CONNECTIONS, ErrorCode.ER_CON_COUNT_ERROR.toPacket());
            }
            counted = true;
            return null;
        }

        @Override
        public @Nullable ErrPacket tryAgain() {
            PerClient limits = rules.limits();
            String key = counts(limits);
            int perSecond = limits.loginAttemptsPerSecond();
            if (key != null && !attempts.tryTake(key, perSecond, limits.loginAttemptsBurst(), nanoClock.getAsLong())) {
                return refuse(Limit.LOGIN_ATTEMPTS, exceeded("limits.login-attempts-per-second", perSecond));
            }
            trying = key;
            return null;
        }

        @Override
        public @Nullable ErrPacket mayLogIn(String user, boolean usesPassword) {
            InetAddress from = address;
            if (from == null || rules.access().admits(from, user)) {
                return null;
            }
            return refuse(
                    Limit.ACCESS, ErrorCode.ER_ACCESS_DENIED_ERROR.toPacket(user, host(), usesPassword ? "YES" : "NO"));
        }

        @Override
        public @Nullable ErrPacket loggedIn(String user) {
            PerClient limits = rules.limits();
            giveBackAttempt(limits);
            String before = countedUser;
            if (left || user.equals(before)) {
                return null;
            }
            if (!users.tryTake(user, limits.maxConnectionsPerUser())) {
                return refuse(Limit.MAX_CONNECTIONS_PER_USER, ErrorCode.ER_TOO_MANY_USER_CONNECTIONS.toPacket(user));
            }
            countedUser = user;
            if (before != null) {
                users.giveBack(before);
            }
            return null;
        }

        /** It was none that fails or hangs: another limit is to be blamed, or it has succeeded. */
        private void giveBackAttempt(PerClient limits) {
            String tried = trying;
            if (tried != null) {
                trying = null;
                attempts.giveBack(tried, limits.loginAttemptsPerSecond());
            }
        }

        private ErrPacket refuse(Limit limit, ErrPacket error) {
            boolean unused = refusals.add(limit, client, error.message());
            return error;
        }

        private ErrPacket exceeded(String resource, int current) {
            String user = countedUser;
            return ErrorCode.ER_USER_LIMIT_REACHED.toPacket(user == null ? NOBODY_YET : user, resource, current);
        }

        @Override
        public void leave() {
            left = true;
            if (counted) {
                counted = false;
                total.leave();
            }
            String from = countedAddress;
            if (from != null) {
                countedAddress = null;
                addresses.giveBack(from);
            }
            String user = countedUser;
            if (user != null) {
                countedUser = null;
                users.giveBack(user);
            }
        }
    }
}
