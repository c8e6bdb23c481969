package dev.sluice.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.admin.Operation.View;
import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.RecordingAdministration;
import dev.sluice.server.admin.Refusal;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.admin.port.AdminPortFixture;
import dev.sluice.server.config.Secret;
import dev.sluice.server.metrics.MetricsRegistry;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

@Timeout(30)
@SuppressWarnings("NullAway.Init")
class ManagementApiIT {
    private static final String TOKEN = "a-token-of-some-length";

    private final RecordingAdministration administration = new RecordingAdministration();
    private final OperationDesk desk = new OperationDesk(administration);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private ManagementServer server;

    @BeforeEach
    void start() throws IOException {
        server = start(new ManagementApi(desk, AdminPortFixture.admission(), Secret.of(TOKEN), false, "1.2.3"));
    }

    private static ManagementServer start(ManagementApi api) throws IOException {
        MetricsRegistry metrics = new MetricsRegistry(() -> Topology.EMPTY, List.of());
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return ManagementServer.start(any, metrics, List::of, () -> true, api, null);
    }

    @AfterEach
    void stop() {
        server.close();
        desk.close();
    }

    private HttpRequest.Builder request(String method, String path, String body) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.address().getPort() + path))
                .timeout(Duration.ofSeconds(10))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> ask(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                request(method, "/api/v1" + path, body).header("Authorization", "Bearer " + TOKEN);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    static Stream<Arguments> requests() {
        String db = "db-1:3306";
        return Stream.of(
                Arguments.of("GET", "/backends", "", new Operation.Show(View.BACKENDS)),
                Arguments.of("GET", "/sessions", "", new Operation.Show(View.SESSIONS)),
                Arguments.of("GET", "/pools", "", new Operation.Show(View.POOLS)),
                Arguments.of("GET", "/routes", "", new Operation.Show(View.ROUTES)),
                Arguments.of("GET", "/pins", "", new Operation.Show(View.PINS)),
                Arguments.of("GET", "/config", "", new Operation.Show(View.CONFIG)),
                Arguments.of("GET", "/config/diff", "", new Operation.Show(View.CONFIG_DIFF)),
                Arguments.of("GET", "/config/history", "", new Operation.Show(View.CONFIG_HISTORY)),
                Arguments.of("GET", "/events", "", new Operation.Show(View.EVENTS)),
                Arguments.of(
                        "POST",
                        "/backends",
                        "{\"address\": \"db-1:3306\", \"weight\": 2, \"zone\": \"a\", \"maxConnections\": 5}",
                        new Operation.AddBackend(db, 2, "a", 5)),
                Arguments.of(
                        "POST",
                        "/backends",
                        "{\"address\": \"db-1:3306\", \"weight\": null}",
                        new Operation.AddBackend(db, null, null, null)),
                Arguments.of("PATCH", "/backends/db-1:3306", "{\"weight\": 0}", new Operation.SetWeight(db, 0)),
                Arguments.of("DELETE", "/backends/db-1%3A3306", "", new Operation.RemoveBackend(db, false)),
                Arguments.of(
                        "DELETE",
                        "/backends/%5B::1%5D:3306?force=true",
                        "",
                        new Operation.RemoveBackend("[::1]:3306", true)),
                Arguments.of("POST", "/backends/db-1:3306/drain", "", new Operation.DrainBackend(db, null)),
                Arguments.of(
                        "POST",
                        "/backends/db-1:3306/drain",
                        "{\"timeoutSeconds\": 60}",
                        new Operation.DrainBackend(db, Duration.ofMinutes(1))),
                Arguments.of("POST", "/backends/db-1:3306/offline", "", new Operation.SetOffline(db, false)),
                Arguments.of("POST", "/backends/db-1:3306/offline?force=true", "", new Operation.SetOffline(db, true)),
                Arguments.of("POST", "/backends/db-1:3306/resume", "", new Operation.ResumeBackend(db)),
                Arguments.of(
                        "POST",
                        "/switchover",
                        "{\"address\": \"db-1:3306\", \"dryRun\": true, \"timeoutSeconds\": 3}",
                        new Operation.Switchover(db, Duration.ofSeconds(3), true)),
                Arguments.of("DELETE", "/sessions/12", "", new Operation.Kill(12, false)),
                Arguments.of("DELETE", "/sessions/12?query=true", "", new Operation.Kill(12, true)),
                Arguments.of("POST", "/pause", "", new Operation.Pause()),
                Arguments.of("POST", "/resume", "{}", new Operation.Resume()),
                Arguments.of("POST", "/reload", "", new Operation.Reload(false)),
                Arguments.of("POST", "/reload?force=true", "", new Operation.Reload(true)),
                Arguments.of(
                        "PUT",
                        "/features/read_splitting",
                        "{\"on\": false}",
                        new Operation.SetFeature(Feature.READ_SPLITTING, false)),
                Arguments.of("POST", "/config/rollback", "{\"version\": 3}", new Operation.RollbackConfig(3, false)),
                Arguments.of(
                        "POST",
                        "/config/rollback?force=true",
                        "{\"version\": 3}",
                        new Operation.RollbackConfig(3, true)),
                Arguments.of(
                        "POST",
                        "/explain",
                        "{\"statement\": \"SELECT 'ü'\"}",
                        new Operation.ExplainRoute("SELECT 'ü'")));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void everyRequestBecomesItsOperation(String method, String path, String body, Operation expected) throws Exception {
        HttpResponse<String> response = ask(method, path, body);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("{\"columns\":[\"result\"],\"rows\":[{\"result\":\"done\"}]}");
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.headers().firstValue("etag").isPresent()).isEqualTo(method.equals("GET"));
        assertThat(administration.calls()).singleElement().satisfies(call -> {
            assertThat(call.operation()).isEqualTo(expected);
            assertThat(call.caller().author()).isEqualTo("api");
            assertThat(call.caller().expectedVersion()).isNull();
        });
    }

    @Test
    @SuppressWarnings("unchecked")
    void theOpenApiDocumentHasWhatIsServedAndNothingElse() throws Exception {
        HttpResponse<String> response = ask("GET", "/openapi.json", "");
        assertThat(response.statusCode()).isEqualTo(200);
        Map<String, Object> document =
                (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(response.body());
        assertThat(document)
                .containsEntry("openapi", "3.1.0")
                .containsKeys("info", "servers", "security", "components");
        Map<String, Map<String, Object>> paths =
                (Map<String, Map<String, Object>>) document.getOrDefault("paths", Map.of());
        TreeSet<String> described = new TreeSet<>();
        paths.forEach((path, methods) -> methods.keySet().forEach(method -> described.add(method + " " + path)));

        TreeSet<String> served = new TreeSet<>();
        requests().map(Arguments::get).forEach(each -> served.add(template((String) each[0], (String) each[1])));
        assertThat(described).isEqualTo(served);

        for (Map.Entry<String, Map<String, Object>> path : paths.entrySet()) {
            TreeSet<String> methods = new TreeSet<>();
            path.getValue().keySet().forEach(method -> methods.add(method.toUpperCase(java.util.Locale.ROOT)));
            HttpResponse<String> other = ask("OPTIONS", path.getKey().replaceAll("\\{\\w+}", "1"), "");
            assertThat(other.statusCode()).isEqualTo(405);
            assertThat(other.headers()
                            .firstValue("allow")
                            .map(allow -> new TreeSet<>(Arrays.asList(allow.split(", ")))))
                    .hasValue(methods);
        }
        assertThat(administration.operations()).isEmpty();
    }

    private static String template(String method, String path) {
        String plain = path.replaceAll("\\?.*", "")
                .replaceAll("^/backends/[^/]+", "/backends/{address}")
                .replaceAll("^/sessions/[^/]+", "/sessions/{id}")
                .replaceAll("^/features/[^/]+", "/features/{name}");
        return method.toLowerCase(java.util.Locale.ROOT) + " " + plain;
    }

    @Test
    void aChangeCanBeBoundToAVersion() throws Exception {
        String etag = ask("GET", "/config", "").headers().firstValue("etag").orElseThrow();
        assertThat(etag).isEqualTo("\"7\"");
        administration.calls();
        assertThat(ask("POST", "/reload", "", "If-Match", etag).statusCode()).isEqualTo(200);
        assertThat(ask("POST", "/reload", "", "If-Match", "*").statusCode()).isEqualTo(200);
        assertThat(administration.calls())
                .extracting(call -> call.caller().expectedVersion())
                .containsExactly(7L, null);
        assertThat(ask("POST", "/reload", "", "If-Match", "7").statusCode()).isEqualTo(400);
        assertThat(ask("POST", "/reload", "", "If-Match", "W/\"7\"").statusCode())
                .isEqualTo(400);
        administration.fail(OperationException.Kind.STALE, "it is 8 now");
        HttpResponse<String> stale = ask("POST", "/reload", "", "If-Match", etag);
        assertThat(stale.statusCode()).isEqualTo(412);
        assertThat(stale.body()).isEqualTo("{\"error\":\"STALE\",\"message\":\"it is 8 now\"}");
    }

    @Test
    void everyKindOfErrorHasItsStatus() throws Exception {
        for (OperationException.Kind kind : OperationException.Kind.values()) {
            administration.fail(kind, "because \"so\"");
            HttpResponse<String> response = ask("POST", "/pause", "");
            assertThat(response.statusCode()).isEqualTo(Refusal.of(kind).httpStatus());
            assertThat(response.body()).isEqualTo("{\"error\":\"" + kind + "\",\"message\":\"because \\\"so\\\"\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "Bearer a-token-of-some-lengt",
                "Bearer a-token-of-some-length-and-more",
                "Basic a-token-of-some-length",
                "a-token-of-some-length"
            })
    void withoutTheTokenNothingIsDoneAndNothingIsTold(String authorization) throws Exception {
        for (String path : List.of("/backends", "/openapi.json", "/nonsense")) {
            HttpRequest.Builder request = request("GET", "/api/v1" + path, "");
            if (!authorization.isEmpty()) {
                request.header("Authorization", authorization);
            }
            HttpResponse<String> response = send(request);
            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
            assertThat(response.body()).doesNotContain(TOKEN);
        }
        assertThat(administration.operations()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET    | /nonsense               |                                  | 404 | openapi.json
            GET    | /backends/db:1/drain/x  |                                  | 404 | openapi.json
            GET    | /backends?x=1           |                                  | 400 | "x" is not known here
            POST   | /backends               | {}                               | 400 | "address" is missing
            POST   | /backends               | {"address": 7}                   | 400 | "address" is not of the type string
            POST   | /backends               | {"address": "a:1", "wieght": 2}  | 400 | did you mean "weight"?
            POST   | /backends               | {"address": "a:1", "maxConnexions": 2} | 400 | did you mean "maxConnections"?
            PATCH  | /backends/db:1          | {"weight": "2"}                  | 400 | not of the type integer
            PATCH  | /backends/db:1          | {"weight": -2}                   | 400 | not a whole number
            PATCH  | /backends/db:1          | {"weight": 2147483648}           | 400 | larger than 2147483647
            DELETE | /backends/db:1?force=1  |                                  | 400 | neither true nor false
            DELETE | /sessions/abc           |                                  | 400 | not a whole number
            PUT    | /features/nonsense      | {"on": true}                     | 404 | known are: read_splitting
            PUT    | /features/retry         | {"on": "true"}                   | 400 | not of the type boolean
            POST   | /pause                  | {"for": 1}                       | 400 | "for" is not known here
            POST   | /explain                | {"statement":                    | 400 | not valid JSON
            """)
    void aWrongRequestIsExplained(String method, String path, String body, int status, String message)
            throws Exception {
        HttpResponse<String> response = ask(method, path, body == null ? "" : body);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body().replace("\\\"", "\"")).contains(message);
        assertThat(administration.operations()).isEmpty();
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() throws Exception {
        String fits = "{\"statement\": \"" + "x".repeat(60_000) + "\"}";
        assertThat(ask("POST", "/explain", fits).statusCode()).isEqualTo(200);
        String large = "{\"statement\": \"" + "x".repeat(70_000) + "\"}";
        assertThat(send(request("POST", "/api/v1/explain", large).expectContinue(true))
                        .statusCode())
                .isEqualTo(413);
        assertThat(
                        raw(
                                "POST /api/v1/explain HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 413");
    }

    private String raw(String bytes) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void brokenRequestsAreRefused() throws Exception {
        String token = "Authorization: Bearer " + TOKEN + "\r\n";
        assertThat(raw("GET /api/v1/backends/%zz HTTP/1.1\r\n" + token + "Connection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
        assertThat(raw("nonsense /api/v1\r\n\r\n")).startsWith("HTTP/1.1 400");
        assertThat(raw("\0\1\2\3\r\n\r\n")).startsWith("HTTP/1.1 400");
    }

    @Test
    void requestsThatArriveTogetherAreAnsweredOneByOneInOrder() throws Exception {
        String head = " HTTP/1.1\r\nAuthorization: Bearer " + TOKEN + "\r\n";
        String answers = raw("POST /api/v1/pause" + head + "\r\n" + "GET /api/v1/pins" + head + "\r\n"
                + "GET /livez HTTP/1.1\r\n\r\n" + "POST /api/v1/resume" + head + "Connection: close\r\n\r\n");
        assertThat(administration.operations())
                .containsExactly(new Operation.Pause(), new Operation.Show(View.PINS), new Operation.Resume());
        assertThat(answers.split("HTTP/1.1 200", -1)).hasSize(5);
        assertThat(answers.indexOf("etag")).isLessThan(answers.indexOf("alive"));
    }

    @Test
    void aLongOperationHoldsUpNoHealthCheck() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch began = new CountDownLatch(1);
        administration.behave((operation, caller) -> {
            began.countDown();
            release.await();
            return ResultTable.message("done");
        });
        CompletableFuture<HttpResponse<String>> drain = client.sendAsync(
                request("POST", "/api/v1/backends/a:1/drain", "")
                        .header("Authorization", "Bearer " + TOKEN)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(send(request("GET", "/livez", "")).statusCode()).isEqualTo(200);
        assertThat(drain).isNotDone();
        release.countDown();
        assertThat(drain.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void anotherHostIsRefusedUnlessItIsAllowed() {
        // The address of an embedded channel is not one of loopback.
        assertThat(remote(false)).isEqualTo(403);
        assertThat(remote(true)).isEqualTo(401);
    }

    private int remote(boolean allowed) {
        EmbeddedChannel channel = new EmbeddedChannel(new ApiHandler(
                new ManagementApi(desk, AdminPortFixture.admission(), Secret.of(TOKEN), allowed, "1.2.3")));
        channel.writeInbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/api/v1/backends"));
        FullHttpResponse response = channel.readOutbound();
        try {
            return response.status().code();
        } finally {
            response.release();
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void withoutAnApiThereIsNothingBelowItsPath() throws Exception {
        server.close();
        MetricsRegistry metrics = new MetricsRegistry(() -> Topology.EMPTY, List.of());
        server = ManagementServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), metrics, List::of, () -> true);
        assertThat(ask("GET", "/backends", "").statusCode()).isEqualTo(404);
        assertThat(ask("POST", "/pause", "").statusCode()).isEqualTo(405);
        assertThat(administration.operations()).isEmpty();
    }
}
