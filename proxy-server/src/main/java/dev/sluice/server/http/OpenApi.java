package dev.sluice.server.http;

import dev.sluice.server.admin.Refusal;
import dev.sluice.server.logging.JsonWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes the OpenAPI document from {@link ApiRoutes}. Immutable. */
final class OpenApi {
    private final JsonWriter json;

    private OpenApi(StringBuilder out) {
        this.json = new JsonWriter(out);
    }

    /** The document, of OpenAPI 3.1. */
    static String document(String version) {
        StringBuilder out = new StringBuilder();
        new OpenApi(out).write(version);
        return out.toString();
    }

    private void write(String version) {
        json.beginObject().field("openapi", "3.1.0").name("info").beginObject();
        json.field("title", "Sluice administration").field("version", version).endObject();
        json.name("servers").beginArray().beginObject();
        json.field("url", ApiRoutes.PREFIX).endObject().endArray();
        json.name("security").beginArray().beginObject();
        json.name("token").beginArray().endArray().endObject().endArray();
        json.name("paths").beginObject();
        Map<String, List<ApiRoute>> paths = new LinkedHashMap<>();
        ApiRoutes.ALL.forEach(route -> paths.computeIfAbsent(route.template(), absent -> new ArrayList<>())
                .add(route));
        paths.forEach((template, routes) -> {
            json.name(template).beginObject();
            routes.forEach(this::operation);
            json.endObject();
        });
        json.endObject();
        components();
        json.endObject();
    }

    private void operation(ApiRoute route) {
        json.name(route.method().name().toLowerCase(Locale.ROOT)).beginObject();
        json.field("summary", route.summary());
        parameters(route);
        List<ApiField> body = route.fields().stream()
                .filter(field -> field.place() == ApiField.Place.BODY)
                .toList();
        if (!body.isEmpty()) {
            body(body);
        }
        json.name("responses").beginObject();
        json.name("200").beginObject().field("description", "It was done.");
        if (route.looksOnly()) {
            json.name("headers").beginObject().name("ETag").beginObject();
            json.field("description", "The version of the configuration, for If-Match.");
            json.name("schema").beginObject().field("type", "string").endObject();
            json.endObject().endObject();
        }
        content("Table");
        json.endObject();
        json.name("default").beginObject().field("description", "It was not.");
        content("Error");
        json.endObject().endObject().endObject();
    }

    private void parameters(ApiRoute route) {
        json.name("parameters").beginArray();
        for (ApiField field : route.fields()) {
            if (field.place() != ApiField.Place.BODY) {
                json.beginObject()
                        .field("name", field.name())
                        .field("in", field.place().name().toLowerCase(Locale.ROOT))
                        .field("required", field.required());
                described(field);
                json.endObject();
            }
        }
        if (!route.looksOnly()) {
            json.beginObject()
                    .field("name", "If-Match")
                    .field("in", "header")
                    .field("required", false)
                    .field("description", "The ETag that the change was made for; another version is error 412.");
            json.name("schema").beginObject().field("type", "string").endObject();
            json.endObject();
        }
        json.endArray();
    }

    private void described(ApiField field) {
        json.field("description", field.description()).name("schema");
        schema(field.type());
    }

    private void schema(ApiField.Type type) {
        json.beginObject().field("type", type.jsonType());
        if (type == ApiField.Type.COUNT) {
            json.field("minimum", 0);
        }
        json.endObject();
    }

    private void body(List<ApiField> fields) {
        boolean required = fields.stream().anyMatch(ApiField::required);
        json.name("requestBody").beginObject().field("required", required);
        json.name("content").beginObject().name("application/json").beginObject();
        json.name("schema").beginObject().field("type", "object");
        json.name("properties").beginObject();
        for (ApiField field : fields) {
            json.name(field.name()).beginObject().field("description", field.description());
            json.field("type", field.type().jsonType()).endObject();
        }
        json.endObject().name("required").beginArray();
        fields.stream().filter(ApiField::required).forEach(field -> json.value(field.name()));
        json.endArray().field("additionalProperties", false).endObject();
        json.endObject().endObject().endObject();
    }

    private void content(String schema) {
        json.name("content").beginObject().name("application/json").beginObject();
        json.name("schema").beginObject().field("$ref", "#/components/schemas/" + schema);
        json.endObject().endObject().endObject();
    }

    private void components() {
        json.name("components").beginObject();
        json.name("securitySchemes").beginObject().name("token").beginObject();
        json.field("type", "http").field("scheme", "bearer").endObject().endObject();
        json.name("schemas").beginObject();
        table();
        json.name("Error").beginObject().field("type", "object").name("properties");
        json.beginObject().name("error").beginObject().field("type", "string");
        json.name("enum").beginArray();
        for (Refusal refusal : Refusal.values()) {
            json.value(refusal.name());
        }
        ApiHandler.OWN_ERRORS.forEach(json::value);
        json.endArray().endObject();
        json.name("message").beginObject().field("type", "string").endObject().endObject();
        json.endObject().endObject().endObject();
    }

    private void table() {
        json.name("Table").beginObject().field("type", "object").name("properties");
        json.beginObject().name("columns").beginObject().field("type", "array");
        json.name("items").beginObject().field("type", "string").endObject().endObject();
        json.name("rows").beginObject().field("type", "array");
        json.name("items").beginObject().field("type", "object");
        json.name("additionalProperties").beginObject().name("type").beginArray();
        json.value("string").value("null").endArray().endObject();
        json.endObject().endObject().endObject().endObject();
    }
}
