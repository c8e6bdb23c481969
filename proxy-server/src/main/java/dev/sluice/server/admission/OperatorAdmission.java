package dev.sluice.server.admission;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.config.AccessList;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides how often those who come to the doors of operators may try: an address has one account for all doors together, in
 * which only attempts count that fail, that hang, or that are under way. Thread-safe: the rules are one volatile reference, the
 * counts are atomic.
 *
 * <p>An address that has used up its attempts is refused whatever it brings, or the refusal would tell the right password from a
 * wrong one. Others do not notice.
 */
public final class OperatorAdmission {
    /** Attempts at once: less than a third of the connections of the admin port, so that one address cannot take them all. */
    static final int BURST = 10;

    /** Connections of the admin port. */
    static final int CONNECTIONS_MAX = 32;

    /** Connections of the HTTP port. */
    public static final int HTTP_CONNECTIONS_MAX = 64;

    /** Connections of the HTTP port that one address can have: less than a third of them. */
    static final int HTTP_SHARE = 20;

    /** In place of an address that is not counted. */
    private static final String NOT_COUNTED = "";

    private static final String KEY = "admin.login-attempts-per-second";
    private static final String NOBODY_YET = "unauthenticated user";

    private final LoginAttempts attempts;
    private final AtomicInteger open = new AtomicInteger();
    private final Places http = new Places();
    private final Refusals refusals;
    private final LongSupplier nanoClock;
    private volatile Rules rules;

    /**
     * What can change while Sluice runs. Immutable.
     *
     * @param attemptsPerSecond attempts of one address in the long run; 0 for any number
     * @param sharedAddresses networks whose addresses are not counted
     */
    public record Rules(int attemptsPerSecond, AccessList sharedAddresses) {}

    /** @param nanoClock a monotonic clock */
    public OperatorAdmission(Rules rules, Refusals refusals, LongSupplier nanoClock) {
        this.rules = rules;
        this.refusals = refusals;
        this.nanoClock = nanoClock;
        this.attempts = new LoginAttempts(nanoClock);
    }

    /** Changes the rules for those who come from now on. */
    public void rules(Rules next) {
        rules = next;
    }

    /** The account of those who were turned away. */
    public Refusals refusals() {
        return refusals;
    }

    /**
     * A place for somebody who connects to the admin port now; or, as long as nobody enters by it, for single attempts.
     *
     * @param address where he comes from; null if that is not known
     * @param client the same for logs, with its port
     */
    public Ticket ticket(@Nullable InetAddress address, String client) {
        return new OperatorTicket(address, client);
    }

    /**
     * A place for a connection to the HTTP port at the expense of its address.
     *
     * @param address where it comes from; null if that is not known
     * @return to be given back by {@link #leaveHttp}; null if the address has all that it can have
     */
    public @Nullable String enterHttp(@Nullable InetAddress address) {
        if (address == null || rules.sharedAddresses().contains(address)) {
            return NOT_COUNTED;
        }
        String key = ClientAdmission.keyOf(address);
        return http.tryTake(key, HTTP_SHARE) ? key : null;
    }

    /** A connection to the HTTP port is gone. */
    public void leaveHttp(String place) {
        if (!place.equals(NOT_COUNTED)) {
            http.giveBack(place);
        }
    }

    /** The place of one operator, or of somebody who would like to be one. */
    private final class OperatorTicket implements Ticket {
        private final CountedTicket place = new CountedTicket(open, CONNECTIONS_MAX);
        private final @Nullable InetAddress address;
        private final String client;
        /** The address at whose expense a login is under way. */
        private @Nullable String trying;

        OperatorTicket(@Nullable InetAddress address, String client) {
            this.address = address;
            this.client = client;
        }

        @Override
        public @Nullable ErrPacket enter() {
            ErrPacket tooFast = tryAgain();
            if (tooFast != null) {
                return tooFast;
            }
            ErrPacket full = place.enter();
            if (full != null) {
                giveBack();
            }
            return full;
        }

        @Override
        public @Nullable ErrPacket mayLogIn(String user, boolean usesPassword) {
            return null;
        }

        @Override
        public @Nullable ErrPacket tryAgain() {
            Rules now = rules;
            InetAddress from = address;
            if (from == null || now.sharedAddresses().contains(from)) {
                return null;
            }
            String key = ClientAdmission.keyOf(from);
            int perSecond = now.attemptsPerSecond();
            if (!attempts.tryTake(key, perSecond, BURST, nanoClock.getAsLong())) {
                ErrPacket error = ErrorCode.ER_USER_LIMIT_REACHED.toPacket(NOBODY_YET, KEY, perSecond);
                boolean unused = refusals.add(Limit.ADMIN_LOGIN_ATTEMPTS, client, error.message());
                return error;
            }
            trying = key;
            return null;
        }

        @Override
        public @Nullable ErrPacket loggedIn(String user) {
            giveBack();
            return null;
        }

        private void giveBack() {
            String tried = trying;
            if (tried != null) {
                trying = null;
                attempts.giveBack(tried, rules.attemptsPerSecond());
            }
        }

        @Override
        public void leave() {
            place.leave();
        }
    }
}
