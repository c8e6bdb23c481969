package dev.sluice.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.Topology;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.metrics.MetricsRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ManagementServerIT {
    private final List<String> obstacles = new CopyOnWriteArrayList<>();
    private final AtomicBoolean alive = new AtomicBoolean(true);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @SuppressWarnings("NullAway.Init")
    private ManagementServer server;

    @BeforeEach
    void start() throws IOException {
        MetricsRegistry metrics = new MetricsRegistry(() -> Topology.EMPTY, List.of());
        metrics.addJvm();
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = ManagementServer.start(any, metrics, () -> obstacles, alive::get);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> request(String method, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.address().getPort() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Sends bytes as they are and returns everything until the server closes. */
    private String raw(String bytes) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void metricsAreServedInTheFormatThatIsAskedFor() throws Exception {
        HttpResponse<String> plain = request("GET", "/metrics");
        assertThat(plain.statusCode()).isEqualTo(200);
        assertThat(plain.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain"));
        assertThat(plain.body()).contains("sluice_sessions_open 0.0").contains("# TYPE jvm_threads_current gauge");
        HttpResponse<String> open = request("GET", "/metrics?x=1", "Accept", "application/openmetrics-text");
        assertThat(open.body()).endsWith("# EOF\n");
    }

    @Test
    void readinessNamesWhatStandsInTheWay() throws Exception {
        assertThat(request("GET", "/readyz").statusCode()).isEqualTo(200);
        obstacles.add("no primary is known");
        for (String path : List.of("/readyz", "/health")) {
            HttpResponse<String> response = request("GET", path);
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).isEqualTo("no primary is known\n");
        }
        assertThat(request("GET", "/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void livenessFailsWhenTheLoopsStop() throws Exception {
        alive.set(false);
        assertThat(request("GET", "/livez").statusCode()).isEqualTo(503);
    }

    @Test
    void otherPathsMethodsAndMalformedRequestsAreRefused() throws Exception {
        assertThat(request("GET", "/").statusCode()).isEqualTo(404);
        assertThat(request("GET", "/metrics/..").statusCode()).isEqualTo(404);
        HttpResponse<String> post = request("POST", "/metrics");
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("allow")).hasValue("GET, HEAD");
        assertThat(raw("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400");
        HttpResponse<String> head = request("HEAD", "/livez");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-length")).hasValue("6");
        assertThat(head.body()).isEmpty();
    }

    @Test
    void oversizedRequestsAreRefused() throws Exception {
        assertThat(raw("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 4");
        assertThat(raw("GET /livez HTTP/1.1\r\nX: " + "x".repeat(10_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(raw("POST /livez HTTP/1.1\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 413");
    }

    @Test
    void connectionsBeyondTheLimitAreClosedAndTheServerRecovers() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), server.address().getPort());
            sockets.add(socket);
            // An answer proves that the server has counted the connection.
            socket.getOutputStream().write("GET /livez HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
        }
        assertThat(raw("")).isEmpty();
        for (Socket socket : sockets) {
            socket.close();
        }
        await().ignoreExceptions().until(() -> request("GET", "/livez").statusCode() == 200);
    }

    /** Connections of one address, until one is closed at once. */
    private List<Socket> connectionsUntilClosed(int port, String from) throws IOException {
        List<Socket> served = new ArrayList<>();
        while (true) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
            socket.setSoTimeout(10_000);
            try {
                socket.getOutputStream().write("GET /livez HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                if (socket.getInputStream().read() == 'H') {
                    served.add(socket);
                    continue;
                }
            } catch (SocketException reset) {
                // Closed before it had read the request.
            }
            socket.close();
            return served;
        }
    }

    @Test
    void oneAddressHasAShareOfTheConnectionsAndLeavesTheOthersToOthers() throws Exception {
        MetricsRegistry metrics = new MetricsRegistry(() -> Topology.EMPTY, List.of());
        OperatorAdmission admission = new OperatorAdmission(
                new OperatorAdmission.Rules(2, AccessList.parse("127.0.0.9")),
                new Refusals(System::nanoTime),
                System::nanoTime);
        List<Socket> sockets = new ArrayList<>();
        try (ManagementServer shared = ManagementServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                metrics,
                List::of,
                () -> true,
                null,
                admission)) {
            int port = shared.address().getPort();
            List<Socket> hog = connectionsUntilClosed(port, "127.0.0.2");
            sockets.addAll(hog);
            assertThat(hog).hasSize(20);
            List<Socket> other = connectionsUntilClosed(port, "127.0.0.3");
            sockets.addAll(other);
            assertThat(other).hasSize(20);
            for (Socket socket : hog) {
                socket.close();
            }
            await().until(() -> {
                List<Socket> again = connectionsUntilClosed(port, "127.0.0.2");
                sockets.addAll(again);
                return again.size() > 0;
            });
            List<Socket> uncounted = connectionsUntilClosed(port, "127.0.0.9");
            sockets.addAll(uncounted);
            assertThat(uncounted).hasSizeGreaterThan(20);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void anAddressInUseIsAnError() {
        MetricsRegistry metrics = new MetricsRegistry(() -> Topology.EMPTY, List.of());
        assertThatThrownBy(() -> ManagementServer.start(server.address(), metrics, List::of, () -> true))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on");
    }
}
