package dev.sluice.server.admin.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.http.ManagementApi;
import dev.sluice.server.http.ManagementServer;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.tls.FrontendTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Wrong passwords and tokens, at both doors of operators. Loopback has many addresses. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class AdminLoginsIT {
    private static final String TOKEN = "a-token-of-some-length";
    private static final String HERE = "127.0.0.1";
    private static final String ELSEWHERE = "127.0.0.2";
    private static final String SHARED = "127.0.9.1";
    private static final int BURST = 10;
    /** Pairs of logins whose times are compared, in each round. */
    private static final int TIMED_PAIRS = 30;

    private static final int TIMED_ROUNDS = 3;
    private static final double NOISE = 1.25;
    private static final int PER_SECOND = 2;

    @TempDir
    static Path state;

    private static FrontendTls tls;

    private final AtomicLong now = new AtomicLong();
    private OperatorAdmission admission;
    private AdminPortFixture port;
    private ManagementServer http;

    @BeforeAll
    static void makeCertificates() throws Exception {
        tls = AdminPortFixture.tls(TlsMode.PREFERRED, state);
    }

    @BeforeEach
    void start() throws Exception {
        admission = AdminPortFixture.admission(PER_SECOND, now::get);
        port = AdminPortFixture.start(tls, admission);
        http = ManagementServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new MetricsRegistry(() -> Topology.EMPTY, List.of()),
                List::of,
                () -> true,
                new ManagementApi(port.desk(), admission, Secret.of(TOKEN), false, "1.2.3"),
                null);
    }

    @AfterEach
    void stop() {
        http.close();
        port.close();
    }

    /** The error number of a login; 0 if it succeeds. */
    private int login(String from, String user, String password) {
        SQLException error = catchThrowableOfType(SQLException.class, () -> {
            try (Connection connection =
                    port.connectAs(user, password, "localSocketAddress=" + from, "sslMode=DISABLED", key())) {
                assertThat(connection.createStatement().execute("SHOW POOLS")).isTrue();
            }
        });
        return error == null ? 0 : error.getErrorCode();
    }

    private static String key() {
        return "allowPublicKeyRetrieval=true";
    }

    private int rightLogin(String from) {
        return login(from, AdminPortFixture.USER, AdminPortFixture.PASSWORD);
    }

    private String ask(String from, String headers) throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        int to = http.address().getPort();
        try (Socket socket = new Socket(loopback, to, InetAddress.getByName(from), 0)) {
            socket.setSoTimeout(10_000);
            String request = "POST /api/v1/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n";
            socket.getOutputStream().write((request + headers + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private int status(String from, String token) throws IOException {
        return Integer.parseInt(
                ask(from, "Authorization: Bearer " + token + "\r\n").substring(9, 12));
    }

    private long nanos(String user) {
        long from = System.nanoTime();
        assertThat(login(SHARED, user, "wrong")).as(user).isEqualTo(1045);
        return System.nanoTime() - from;
    }

    private static double median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    /** By turns, so that whatever else goes on hits both. A busy machine may spoil a round. */
    @Test
    void theTimeOfARefusalDoesNotTellTheNameOfTheAccount() {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < TIMED_ROUNDS; round++) {
            List<Long> ofUser = new ArrayList<>();
            List<Long> ofNobody = new ArrayList<>();
            for (int i = 0; i < TIMED_PAIRS; i++) {
                // Each goes first as often as the other.
                if (i % 2 == 0) {
                    ofUser.add(nanos(AdminPortFixture.USER));
                    ofNobody.add(nanos("nobody"));
                } else {
                    ofNobody.add(nanos("nobody"));
                    ofUser.add(nanos(AdminPortFixture.USER));
                }
            }
            double ratio = median(ofUser) / median(ofNobody);
            ratios.add(ratio);
            if (ratio > 1 / NOISE && ratio < NOISE) {
                return;
            }
        }
        assertThat(ratios)
                .as("median time of the account by that of no account")
                .isEmpty();
    }

    private void used(String from, int attempts) {
        for (int i = 0; i < attempts; i++) {
            String user = i % 2 == 0 ? AdminPortFixture.USER : "nobody";
            assertThat(login(from, user, "wrong")).as("attempt " + i).isEqualTo(1045);
        }
    }

    @Test
    void anAddressThatHasTriedTooOftenIsRefusedUntilTimeHasPassed() throws Exception {
        used(HERE, BURST);
        SQLException refused = catchThrowableOfType(
                SQLException.class, () -> port.connectAs(AdminPortFixture.USER, "wrong", "sslMode=DISABLED"));
        assertThat(refused.getErrorCode()).isEqualTo(1226);
        assertThat(refused.getSQLState()).isEqualTo("42000");
        assertThat(refused.getMessage())
                .contains("User 'unauthenticated user' has exceeded the"
                        + " 'admin.login-attempts-per-second' resource (current value: 2)");
        // Whatever it brings, and whichever door it takes: else the refusal would tell what is right.
        assertThat(rightLogin(HERE)).isEqualTo(1226);
        assertThat(status(HERE, TOKEN)).isEqualTo(429);
        assertThat(port.administration().operations()).isEmpty();
        assertThat(admission.refusals().count(Limit.ADMIN_LOGIN_ATTEMPTS)).isEqualTo(3);
        // Others do not notice.
        assertThat(rightLogin(ELSEWHERE)).isZero();
        assertThat(status(ELSEWHERE, TOKEN)).isEqualTo(200);

        now.addAndGet(Duration.ofSeconds(1).toNanos() / PER_SECOND);
        assertThat(login(HERE, AdminPortFixture.USER, "wrong")).isEqualTo(1045);
        assertThat(rightLogin(HERE)).isEqualTo(1226);
        now.addAndGet(Duration.ofSeconds(1).toNanos() / PER_SECOND);
        assertThat(rightLogin(HERE)).isZero();
        assertThat(rightLogin(HERE)).isZero();
        assertThat(status(HERE, TOKEN)).isEqualTo(200);
    }

    @Test
    void wrongTokensCountInTheSameAccount() throws Exception {
        for (int i = 0; i < BURST; i++) {
            assertThat(status(HERE, "wrong-" + i)).isEqualTo(401);
        }
        assertThat(ask(HERE, "Authorization: Bearer " + TOKEN + "\r\n"))
                .startsWith("HTTP/1.1 429 ")
                .contains("retry-after: 1\r\n")
                .endsWith("{\"error\":\"TOO_MANY_ATTEMPTS\",\"message\":\"too many wrong tokens or passwords from this"
                        + " address; see admin.login-attempts-per-second\"}");
        assertThat(rightLogin(HERE)).isEqualTo(1226);
        assertThat(port.administration().operations()).isEmpty();
        assertThat(status(ELSEWHERE, TOKEN)).isEqualTo(200);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(status(HERE, TOKEN)).isEqualTo(200);
    }

    @Test
    void whatSucceedsAndWhoBringsNothingDoesNotCount() throws Exception {
        used(HERE, BURST - 1);
        for (int i = 0; i < 2 * BURST; i++) {
            assertThat(rightLogin(HERE)).isZero();
            assertThat(status(HERE, TOKEN)).isEqualTo(200);
            assertThat(ask(HERE, "")).startsWith("HTTP/1.1 401 ");
            assertThat(ask(HERE, "Authorization: Basic b3A6eA==\r\n")).startsWith("HTTP/1.1 401 ");
        }
        port.administration().calls();
        used(HERE, 1);
        assertThat(rightLogin(HERE)).isEqualTo(1226);
    }

    @Test
    void whoConnectsAndSaysNothingTakesNotAllConnections() throws Exception {
        Socket[] silent = new Socket[40];
        try {
            for (int i = 0; i < silent.length; i++) {
                silent[i] = new Socket(InetAddress.getLoopbackAddress(), port.port());
                assertThat(silent[i].getInputStream().read()).isNotNegative();
            }
            assertThat(rightLogin(HERE)).isEqualTo(1226);
            assertThat(rightLogin(ELSEWHERE)).isZero();
        } finally {
            for (Socket socket : silent) {
                if (socket != null) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void noBoundHoldsForSharedAddressesOrWhereNoneIsWanted() throws Exception {
        used(SHARED, BURST + 5);
        assertThat(rightLogin(SHARED)).isZero();
        used(HERE, BURST);
        assertThat(rightLogin(HERE)).isEqualTo(1226);
        admission.rules(new OperatorAdmission.Rules(0, AccessList.parse("none")));
        used(HERE, 5);
        assertThat(rightLogin(HERE)).isZero();
        assertThat(port.administration().operations())
                .containsOnly(new Operation.Show(Operation.View.POOLS))
                .hasSize(2);
    }
}
