package dev.sluice.server.http;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.Refusal;
import dev.sluice.server.admin.TableJson;
import dev.sluice.server.admission.Ticket;
import dev.sluice.server.logging.JsonWriter;
import dev.sluice.server.logging.RateLimitedLog;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Answers requests below {@code /api}, one at a time in a connection; everything else goes on to the next handler. What
 * does not bring the token learns nothing, not even which paths there are. One instance for each connection. Confined to
 * the event loop of the management server.
 */
final class ApiHandler extends ChannelInboundHandlerAdapter {
    /** What a response may name as its error besides a {@link Refusal}. */
    static final List<String> OWN_ERRORS =
            List.of("UNAUTHORIZED", "FORBIDDEN", "METHOD_NOT_ALLOWED", "TOO_MANY_ATTEMPTS");

    private static final RateLimitedLog LOG =
            new RateLimitedLog(LoggerFactory.getLogger(ApiHandler.class), 3, Duration.ofMinutes(1), System::nanoTime);
    private static final String ALL = "/api/";
    private static final String DOCUMENT = "/openapi.json";
    private static final String BEARER = "Bearer ";

    private final ManagementApi api;
    private boolean running;

    ApiHandler(ManagementApi api) {
        this.api = api;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof FullHttpRequest request)
                || request.decoderResult().isFailure()
                || !request.uri().startsWith(ALL)) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            answer(ctx, request);
        } finally {
            ReferenceCountUtil.release(request);
        }
    }

    private void answer(ChannelHandlerContext ctx, FullHttpRequest request) {
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        FullHttpResponse refused = refusal(ctx, request);
        if (refused != null) {
            send(ctx, refused, keepAlive);
            return;
        }
        try {
            String path = new QueryStringDecoder(request.uri()).path();
            if (request.method().equals(HttpMethod.GET) && path.equals(ApiRoutes.PREFIX + DOCUMENT)) {
                send(ctx, json(HttpResponseStatus.OK, api.document()), keepAlive);
            } else {
                operate(ctx, request, keepAlive);
            }
        } catch (OperationException e) {
            send(ctx, error(Refusal.of(e.kind()), String.valueOf(e.getMessage())), keepAlive);
        } catch (IllegalArgumentException e) {
            send(ctx, error(Refusal.INVALID, "the path or the query is not encoded correctly"), keepAlive);
        }
    }

    /** What is answered to those who may not ask; null if this one may. */
    private @Nullable FullHttpResponse refusal(ChannelHandlerContext ctx, FullHttpRequest request) {
        boolean local = ctx.channel().remoteAddress() instanceof InetSocketAddress remote
                && remote.getAddress() != null
                && remote.getAddress().isLoopbackAddress();
        if (!local && !api.allowRemote()) {
            LOG.at(Level.WARN, "a request to /api from another host was refused")
                    .addKeyValue("client", ManagementApi.address(ctx.channel()))
                    .log();
            return error(
                    HttpResponseStatus.FORBIDDEN,
                    "FORBIDDEN",
                    "requests from other hosts need admin.allow-remote: true");
        }
        String header = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
        boolean bearer = header.regionMatches(true, 0, BEARER, 0, BEARER.length());
        if (bearer) {
            Ticket attempts = api.attempts(ctx.channel());
            if (attempts.tryAgain() != null) {
                return tooManyAttempts();
            }
            if (api.accepts(header.substring(BEARER.length()).strip())) {
                ErrPacket none = attempts.loggedIn(ManagementApi.AUTHOR);
                return none == null ? null : tooManyAttempts();
            }
        }
        LOG.at(Level.WARN, "a request to /api without the right token was refused")
                .addKeyValue("client", ManagementApi.address(ctx.channel()))
                .log();
        FullHttpResponse response = error(HttpResponseStatus.UNAUTHORIZED, "UNAUTHORIZED", "a bearer token is needed");
        response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
        return response;
    }

    private static FullHttpResponse tooManyAttempts() {
        FullHttpResponse response = error(
                HttpResponseStatus.TOO_MANY_REQUESTS,
                "TOO_MANY_ATTEMPTS",
                "too many wrong tokens or passwords from this address; see admin.login-attempts-per-second");
        response.headers().set(HttpHeaderNames.RETRY_AFTER, 1);
        return response;
    }

    private void operate(ChannelHandlerContext ctx, FullHttpRequest request, boolean keepAlive)
            throws OperationException {
        QueryStringDecoder uri = new QueryStringDecoder(request.uri());
        List<ApiRoute> allowed = new ArrayList<>();
        for (ApiRoute route : ApiRoutes.ALL) {
            Map<String, JsonBody.Value> inPath =
                    uri.rawPath().startsWith(ApiRoutes.PREFIX + "/") ? route.match(parts(uri.rawPath())) : null;
            if (inPath != null && route.method().equals(request.method())) {
                run(ctx, request, route, inPath);
                return;
            }
            if (inPath != null) {
                allowed.add(route);
            }
        }
        send(ctx, allowed.isEmpty() ? unknownPath() : otherMethod(allowed), keepAlive);
    }

    /** Parted before it is decoded, because an address in a path may have any character. */
    private static List<String> parts(String rawPath) {
        String below = rawPath.substring(ApiRoutes.PREFIX.length() + 1);
        return Arrays.stream(below.split("/", -1))
                .map(part -> QueryStringDecoder.decodeComponent(part.replace("+", "%2B"), StandardCharsets.UTF_8))
                .toList();
    }

    private static FullHttpResponse unknownPath() {
        return error(Refusal.NOT_FOUND, "there is no such path; see " + ApiRoutes.PREFIX + DOCUMENT);
    }

    private static FullHttpResponse otherMethod(List<ApiRoute> allowed) {
        String methods = String.join(
                ", ", allowed.stream().map(route -> route.method().name()).toList());
        FullHttpResponse response =
                error(HttpResponseStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this path has " + methods);
        response.headers().set(HttpHeaderNames.ALLOW, methods);
        return response;
    }

    private void run(
            ChannelHandlerContext ctx, FullHttpRequest request, ApiRoute route, Map<String, JsonBody.Value> inPath)
            throws OperationException {
        Map<String, JsonBody.Value> inQuery = new HashMap<>();
        new QueryStringDecoder(request.uri())
                .parameters()
                .forEach((name, values) -> inQuery.put(name, new JsonBody.Value(values.get(values.size() - 1), true)));
        Map<String, JsonBody.Value> inBody = JsonBody.parse(request.content().toString(StandardCharsets.UTF_8));
        Operation operation = route.reader()
                .operation(new ApiArguments(
                        route.fields(),
                        Map.of(
                                ApiField.Place.PATH, inPath,
                                ApiField.Place.QUERY, inQuery,
                                ApiField.Place.BODY, inBody)));
        String wanted = request.headers().get(HttpHeaderNames.IF_MATCH);
        Long version = route.looksOnly() || wanted == null ? null : EntityTag.version(wanted);
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        running = true;
        // The next request of this connection waits, so that answers keep their order.
        ctx.channel().config().setAutoRead(false);
        api.desk()
                .submit(
                        operation,
                        new Administration.Caller(
                                ManagementApi.AUTHOR,
                                Administration.Door.API,
                                ManagementApi.address(ctx.channel()),
                                version),
                        outcome -> ctx.executor().execute(() -> finish(ctx, route, outcome, keepAlive)));
    }

    private void finish(ChannelHandlerContext ctx, ApiRoute route, OperationDesk.Outcome outcome, boolean keepAlive) {
        running = false;
        if (outcome instanceof OperationDesk.Outcome.Done done) {
            FullHttpResponse response = json(HttpResponseStatus.OK, TableJson.of(done.table()));
            if (route.looksOnly()) {
                response.headers().set(HttpHeaderNames.ETAG, EntityTag.of(done.configVersion()));
            }
            send(ctx, response, keepAlive);
        } else if (outcome instanceof OperationDesk.Outcome.Refused refused) {
            send(ctx, error(refused.refusal(), refused.message()), keepAlive);
        }
        ctx.channel().config().setAutoRead(true);
    }

    private static void send(ChannelHandlerContext ctx, FullHttpResponse response, boolean keepAlive) {
        HttpUtil.setKeepAlive(response, keepAlive);
        HttpUtil.setContentLength(response, response.content().readableBytes());
        var written = ctx.writeAndFlush(response);
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static FullHttpResponse error(Refusal refusal, String message) {
        return error(HttpResponseStatus.valueOf(refusal.httpStatus()), refusal.name(), message);
    }

    private static FullHttpResponse error(HttpResponseStatus status, String name, String message) {
        StringBuilder body = new StringBuilder();
        new JsonWriter(body)
                .beginObject()
                .field("error", name)
                .field("message", message)
                .endObject();
        return json(status, body.toString());
    }

    private static FullHttpResponse json(HttpResponseStatus status, String body) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
        return response;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        // An operation may take longer than a connection may be idle.
        if (!(event instanceof IdleStateEvent && running)) {
            ctx.fireUserEventTriggered(event);
        }
    }
}
