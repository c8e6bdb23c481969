package dev.sluice.server.monitor;

import dev.sluice.router.topology.BreakerPolicy;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.tls.JdbcTls;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How backends are watched. Immutable.
 *
 * @param user the monitor account
 * @param password its password
 * @param interval time between two probes of one backend while nothing is written and nothing is wrong
 * @param fastInterval time between two probes while writes happen, so that reads return to the replicas soon, and while
 *     something is wrong
 * @param timeout how long a backend may take to answer before it counts as unreachable
 * @param tls how connections are encrypted, and whom they trust
 * @param policy how a topology is read
 * @param breaker when trouble takes reads from a replica, and how they return
 * @param heartbeat the row that measures lag; null for none
 */
public record MonitorSettings(
        String user,
        String password,
        Duration interval,
        Duration fastInterval,
        Duration timeout,
        JdbcTls tls,
        TopologyPolicy policy,
        BreakerPolicy breaker,
        @Nullable Heartbeat heartbeat) {
    /** The shortest timeout: the connection pool takes no less. */
    public static final Duration TIMEOUT_MIN = Duration.ofMillis(250);

    /** Checks the ranges. */
    public MonitorSettings {
        if (interval.toMillis() < 1 || fastInterval.toMillis() < 1) {
            throw new IllegalArgumentException("probe intervals must be at least 1 ms");
        }
        if (timeout.compareTo(TIMEOUT_MIN) < 0) {
            throw new IllegalArgumentException("timeout must be at least " + TIMEOUT_MIN.toMillis() + " ms");
        }
    }

    /**
     * Without a heartbeat, with the default breaker, and with any certificate of a server.
     *
     * @param tlsRequired whether to refuse connections without TLS; otherwise TLS is used where it is offered
     */
    public MonitorSettings(
            String user,
            String password,
            Duration interval,
            Duration fastInterval,
            Duration timeout,
            boolean tlsRequired,
            TopologyPolicy policy) {
        this(
                user,
                password,
                interval,
                fastInterval,
                timeout,
                JdbcTls.of(tlsRequired ? TlsMode.REQUIRED : TlsMode.PREFERRED),
                policy,
                BreakerPolicy.DEFAULT,
                null);
    }

    /** The same with another breaker and another heartbeat. */
    public MonitorSettings with(BreakerPolicy newBreaker, @Nullable Heartbeat newHeartbeat) {
        return new MonitorSettings(
                user, password, interval, fastInterval, timeout, tls, policy, newBreaker, newHeartbeat);
    }

    /** The defaults: a probe every 500 ms, every 100 ms while writes happen, 2 s to answer. */
    public static MonitorSettings of(String user, String password) {
        return new MonitorSettings(
                user,
                password,
                Duration.ofMillis(500),
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                false,
                TopologyPolicy.DEFAULT);
    }

    @Override
    public String toString() {
        return "MonitorSettings[user=" + user + ", interval=" + interval + ", fastInterval=" + fastInterval
                + ", timeout=" + timeout + ", policy=" + policy + ", breaker="
                + breaker
                + ", heartbeat=" + heartbeat + "]";
    }
}
