package dev.sluice.server.cli;

import dev.sluice.server.logging.JsonWriter;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Prints the result of {@code check} as a table or as JSON. Immutable. */
final class CheckPrinter {
    private static final List<String> HEADER =
            List.of("ADDRESS", "REACHABLE", "VERSION", "ROLE", "READ_ONLY", "SERVER_ID", "GTID", "LAG", "SOURCE");
    private static final String NONE = "-";

    private CheckPrinter() {}

    static void table(CheckResult result, PrintWriter out) {
        AlignedTable.print(
                HEADER, result.reports().stream().map(CheckPrinter::row).toList(), out);
        out.println();
        out.println("writable servers: " + result.writableServers());
        result.notes().forEach(note -> out.println("note:  " + note));
        result.wrong().forEach(wrong -> out.println("wrong: " + wrong));
        if (result.wrong().isEmpty()) {
            out.println("everything needed is there");
        }
    }

    private static List<String> row(BackendReport report) {
        if (report.facts().isEmpty()) {
            return List.of(report.address().toString(), "no", NONE, NONE, NONE, NONE, NONE, NONE, NONE);
        }
        BackendReport.Facts facts = report.facts().orElseThrow();
        Optional<BackendReport.Replication> replication = facts.replication();
        return List.of(
                report.address().toString(),
                "yes",
                facts.version(),
                role(report, facts),
                facts.readOnly() ? "on" : "off",
                String.valueOf(facts.serverId()),
                facts.gtidMode(),
                replication.map(CheckPrinter::lag).orElse(NONE),
                replication.map(BackendReport.Replication::source).orElse(NONE));
    }

    private static String role(BackendReport report, BackendReport.Facts facts) {
        return report.hidesReplication() && facts.group().isEmpty() ? "unknown" : facts.role();
    }

    private static String lag(BackendReport.Replication replication) {
        String stopped = replication.running() ? "" : " (stopped)";
        return replication.lag().map(lag -> lag.toSeconds() + "s").orElse("unknown") + stopped;
    }

    static void json(CheckResult result, PrintWriter out) {
        StringBuilder text = new StringBuilder();
        JsonWriter json = new JsonWriter(text).beginObject().name("backends").beginArray();
        for (BackendReport report : result.reports()) {
            json.beginObject()
                    .field("address", report.address())
                    .field("reachable", report.facts().isPresent())
                    .field("failure", report.failure().orElse(null));
            report.facts().ifPresent(facts -> facts(json, report, facts));
            json.name("missingGrants").beginArray();
            report.missing()
                    .forEach(grant -> json.beginObject()
                            .field("account", grant.account())
                            .field("grant", grant.grant())
                            .field("loss", grant.loss())
                            .field("statement", grant.statement())
                            .endObject());
            json.endArray().endObject();
        }
        json.endArray().field("writableServers", result.writableServers());
        strings(json, "notes", result.notes());
        strings(json, "wrong", result.wrong());
        json.field("ok", result.wrong().isEmpty()).endObject();
        out.println(text);
    }

    private static void facts(JsonWriter json, BackendReport report, BackendReport.Facts facts) {
        json.field("version", facts.version())
                .field("role", role(report, facts))
                .field("readOnly", facts.readOnly())
                .field("serverId", facts.serverId())
                .field("gtidMode", facts.gtidMode());
        facts.group().ifPresent(group -> json.field("group", group.name()));
        facts.replication()
                .ifPresent(replication -> json.name("replication")
                        .beginObject()
                        .field("source", replication.source())
                        .field("running", replication.running())
                        .field(
                                "lagSeconds",
                                replication.lag().map(Duration::toSeconds).orElse(null))
                        .endObject());
    }

    private static void strings(JsonWriter json, String name, List<String> values) {
        json.name(name).beginArray();
        values.forEach(json::value);
        json.endArray();
    }
}
