package dev.sluice.server.http;

import static dev.sluice.server.http.ApiField.Type.COUNT;
import static dev.sluice.server.http.ApiField.Type.FLAG;
import static dev.sluice.server.http.ApiField.Type.TEXT;

import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.admin.Operation.View;
import dev.sluice.server.admin.OperationException;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The table of every route of the API; requests and the OpenAPI document both follow it. Immutable. */
final class ApiRoutes {
    /** What every path of the API begins with. */
    static final String PREFIX = "/api/v1";

    private static final ApiField ADDRESS = ApiField.path("address", TEXT, "The server as host:port.");
    private static final ApiField FORCE =
            ApiField.query("force", FLAG, "Even if the last server of a role would go, or most of them.");
    private static final ApiField TIMEOUT = ApiField.optional("timeoutSeconds", COUNT, "How long it may take.");

    static final List<ApiRoute> ALL = List.of(
            show("/backends", View.BACKENDS, "Every server: role, state, lag, connections."),
            show("/sessions", View.SESSIONS, "Every client connection."),
            show("/pools", View.POOLS, "The connections to each server."),
            show("/routes", View.ROUTES, "How often each route was taken, and why."),
            show("/pins", View.PINS, "The sessions that are tied to a connection, and by what."),
            show("/config", View.CONFIG, "The configuration in force."),
            show("/config/diff", View.CONFIG_DIFF, "How it differs from the file."),
            show("/config/history", View.CONFIG_HISTORY, "Its versions, with author and time."),
            show("/events", View.EVENTS, "What happened lately."),
            new ApiRoute(
                    HttpMethod.POST,
                    "/backends",
                    "Uses one more server.",
                    List.of(
                            ApiField.required("address", TEXT, "The server as host:port."),
                            ApiField.optional("weight", COUNT, "Its share of the reads."),
                            ApiField.optional("zone", TEXT, "Where it stands."),
                            ApiField.optional("maxConnections", COUNT, "Connections to it at most.")),
                    said -> new Operation.AddBackend(
                            said.text("address"),
                            said.countOrNull("weight"),
                            said.textOrNull("zone"),
                            said.countOrNull("maxConnections"))),
            new ApiRoute(
                    HttpMethod.PATCH,
                    "/backends/{address}",
                    "Changes the server's share of the reads.",
                    List.of(ADDRESS, ApiField.required("weight", COUNT, "The share; 0 takes no reads.")),
                    said -> new Operation.SetWeight(said.text("address"), said.count("weight"))),
            new ApiRoute(
                    HttpMethod.DELETE,
                    "/backends/{address}",
                    "Forgets the server.",
                    List.of(ADDRESS, FORCE),
                    said -> new Operation.RemoveBackend(said.text("address"), said.flag("force"))),
            new ApiRoute(
                    HttpMethod.POST,
                    "/backends/{address}/drain",
                    "Gives the server no new work; idle sessions move, transactions may end.",
                    List.of(ADDRESS, TIMEOUT),
                    said -> new Operation.DrainBackend(said.text("address"), said.secondsOrNull("timeoutSeconds"))),
            new ApiRoute(
                    HttpMethod.POST,
                    "/backends/{address}/offline",
                    "Ends the server's connections and probes it no more.",
                    List.of(ADDRESS, FORCE),
                    said -> new Operation.SetOffline(said.text("address"), said.flag("force"))),
            new ApiRoute(
                    HttpMethod.POST,
                    "/backends/{address}/resume",
                    "Ends a drain, or that the server is offline.",
                    List.of(ADDRESS),
                    said -> new Operation.ResumeBackend(said.text("address"))),
            new ApiRoute(
                    HttpMethod.POST,
                    "/switchover",
                    "Makes another server the primary.",
                    List.of(
                            ApiField.required("address", TEXT, "The new primary as host:port."),
                            TIMEOUT,
                            ApiField.optional("dryRun", FLAG, "Only says what would be done.")),
                    said -> new Operation.Switchover(
                            said.text("address"), said.secondsOrNull("timeoutSeconds"), said.flag("dryRun"))),
            new ApiRoute(
                    HttpMethod.DELETE,
                    "/sessions/{id}",
                    "Ends a client connection.",
                    List.of(
                            ApiField.path("id", COUNT, "The connection's id."),
                            ApiField.query("query", FLAG, "Ends only its statement.")),
                    said -> new Operation.Kill(said.number("id"), said.flag("query"))),
            act("/pause", "Statements wait before they begin.", new Operation.Pause()),
            act("/resume", "Ends a pause.", new Operation.Resume()),
            new ApiRoute(
                    HttpMethod.POST,
                    "/reload",
                    "Reads the configuration file again.",
                    List.of(FORCE),
                    said -> new Operation.Reload(said.flag("force"))),
            new ApiRoute(
                    HttpMethod.PUT,
                    "/features/{name}",
                    "Switches a feature.",
                    List.of(
                            ApiField.path("name", TEXT, "One of " + featureNames() + "."),
                            ApiField.required("on", FLAG, "Whether it shall be on.")),
                    said -> new Operation.SetFeature(feature(said.text("name")), said.flag("on"))),
            new ApiRoute(
                    HttpMethod.POST,
                    "/config/rollback",
                    "Makes the configuration of an earlier version a new version.",
                    List.of(FORCE, ApiField.required("version", COUNT, "The earlier version.")),
                    said -> new Operation.RollbackConfig(said.number("version"), said.flag("force"))),
            new ApiRoute(
                    HttpMethod.POST,
                    "/explain",
                    "Where a statement would go, and why; it is not run.",
                    List.of(ApiField.required("statement", TEXT, "The statement.")),
                    said -> new Operation.ExplainRoute(said.text("statement"))));

    private ApiRoutes() {}

    private static ApiRoute show(String template, View view, String summary) {
        return new ApiRoute(HttpMethod.GET, template, summary, List.of(), said -> new Operation.Show(view));
    }

    private static ApiRoute act(String template, String summary, Operation operation) {
        return new ApiRoute(HttpMethod.POST, template, summary, List.of(), said -> operation);
    }

    private static Feature feature(String name) throws OperationException {
        for (Feature feature : Feature.values()) {
            if (spelling(feature).equals(name)) {
                return feature;
            }
        }
        throw new OperationException(
                OperationException.Kind.NOT_FOUND,
                "there is no feature \"" + name + "\"; known are: " + featureNames());
    }

    private static String featureNames() {
        return Arrays.stream(Feature.values()).map(ApiRoutes::spelling).collect(Collectors.joining(", "));
    }

    private static String spelling(Feature feature) {
        return feature.name().toLowerCase(Locale.ROOT);
    }
}
