package dev.sluice.server.backend;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.backend.BackendFailure.Kind;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How servers are told whom a connection is for, and which of them will not be told. Thread-safe: a concurrent map, and immutable
 * otherwise.
 *
 * <p>A server that does not accept headers from Sluice is connected to once in a second only: each statement that could run there
 * would try it otherwise.
 */
public final class ClientAnnouncements {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClientAnnouncements.class);

    private static final int ER_HOST_IS_BLOCKED = 1129;
    private static final int ER_HOST_NOT_PRIVILEGED = 1130;
    /** Bad handshake, packets too large or out of order: what servers say that take the header for a packet. */
    private static final Set<Integer> OF_PACKETS = Set.of(1043, 1153, 1156);

    private static final String HINT = " (the connection began with a PROXY header, pool.proxy-protocol)";

    /** MariaDB's words, of a host that is not in its proxy_protocol_networks. */
    private static final String NOT_ACCEPTED = "Proxy header is not accepted";

    private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

    private final ProxyHeader header;
    private final IntPredicate isMySql;
    private final LongSupplier nanoClock;
    private final Map<BackendAddress, Refusal> refusals = new ConcurrentHashMap<>();

    /** Until when a server is not asked again, and until when that is not said again. Immutable. */
    private record Refusal(long pauseUntil, long quietUntil) {}

    /**
     * @param header in which form
     * @param isMySql whether a backend, by its ordinal, is known to be a server that never takes a header
     * @param nanoClock a monotonic clock
     */
    public ClientAnnouncements(ProxyHeader header, IntPredicate isMySql, LongSupplier nanoClock) {
        this.header = header;
        this.isMySql = isMySql;
        this.nanoClock = nanoClock;
    }

    ProxyHeader header() {
        return header;
    }

    /** Why there is no use in connecting now; null if there may be. */
    @Nullable
    BackendFailure refusal(BackendAddress address, int ordinal) {
        if (isMySql.test(ordinal)) {
            BackendFailure failure =
                    turnedAway(address + " takes no PROXY header, because it is no MariaDB server, so nobody can"
                            + " log in there from his own address: set pool.proxy-protocol to off");
            refused(address, failure);
            return failure;
        }
        Refusal last = refusals.get(address);
        boolean pausing = last != null && last.pauseUntil() - nanoClock.getAsLong() > 0;
        return pausing ? notAccepted(address) : null;
    }

    /**
     * What a server has made of a connection that began with a header.
     *
     * @param client for whom the connection was to be
     * @param clear what the server has said in the clear in the end; null if nothing
     */
    BackendFailure judge(
            BackendAddress address, InetAddress client, BackendFailure failure, @Nullable ErrPacket clear) {
        ErrPacket own = failure.serverError();
        ErrPacket error = own == null ? clear : own;
        int code = error == null ? 0 : error.code();
        if (error != null && code == ER_HOST_NOT_PRIVILEGED && error.message().startsWith(NOT_ACCEPTED)) {
            BackendFailure notAccepted = notAccepted(address);
            refused(address, notAccepted);
            return notAccepted;
        }
        if (code == ER_HOST_NOT_PRIVILEGED || code == ER_HOST_IS_BLOCKED) {
            String host = NetUtil.toAddressString(client);
            return new BackendFailure(
                    Kind.TURNED_AWAY,
                    address + " takes no connections for clients from " + host,
                    own == null ? ErrorCode.ER_HOST_NOT_PRIVILEGED.toPacket(host) : own);
        }
        if (own != null) {
            return OF_PACKETS.contains(code)
                    ? new BackendFailure(
                            failure.kind(),
                            failure.message() + HINT,
                            new ErrPacket(code, own.sqlState(), own.message() + HINT))
                    : failure;
        }
        boolean broken = failure.kind() == Kind.UNREACHABLE || failure.kind() == Kind.BROKEN;
        return broken ? BackendFailure.of(failure.kind(), failure.message() + HINT) : failure;
    }

    private static BackendFailure notAccepted(BackendAddress address) {
        return turnedAway(
                address + " takes no PROXY header from Sluice, so nobody can log in there from his own address: name"
                        + " the address of Sluice in proxy_protocol_networks of that server, or set pool.proxy-protocol to off");
    }

    private static BackendFailure turnedAway(String message) {
        return BackendFailure.of(Kind.TURNED_AWAY, message);
    }

    private void refused(BackendAddress address, BackendFailure failure) {
        long now = nanoClock.getAsLong();
        refusals.compute(address, (key, last) -> {
            boolean quiet = last != null && last.quietUntil() - now > 0;
            if (!quiet) {
                LOGGER.warn("{}", failure.message());
            }
            return new Refusal(now + PAUSE_NANOS, last != null && quiet ? last.quietUntil() : now + QUIET_NANOS);
        });
    }
}
