package dev.sluice.server.http;

import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import io.netty.handler.codec.http.HttpMethod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One method on one path of the API, and the operation that it stands for. Immutable.
 *
 * @param method the method
 * @param template the path below {@code /api/v1}; a part in braces is a field
 * @param summary one sentence
 * @param fields what a request may say
 * @param reader makes the operation of it
 */
record ApiRoute(HttpMethod method, String template, String summary, List<ApiField> fields, Reader reader) {
    /** Makes an operation of what a request says. */
    @FunctionalInterface
    interface Reader {
        Operation operation(ApiArguments arguments) throws OperationException;
    }

    /** Copies the list. */
    ApiRoute {
        fields = List.copyOf(fields);
    }

    /** Whether it changes nothing; then it takes no {@code If-Match}. */
    boolean looksOnly() {
        return method.equals(HttpMethod.GET);
    }

    /** The fields of a path if it has this route's form, else null. */
    @Nullable
    Map<String, JsonBody.Value> match(List<String> parts) {
        String[] wanted = template.substring(1).split("/", -1);
        if (wanted.length != parts.size()) {
            return null;
        }
        Map<String, JsonBody.Value> values = new HashMap<>();
        for (int i = 0; i < wanted.length; i++) {
            String name = wanted[i];
            if (name.startsWith("{")) {
                values.put(name.substring(1, name.length() - 1), new JsonBody.Value(parts.get(i), true));
            } else if (!name.equals(parts.get(i))) {
                return null;
            }
        }
        return values;
    }
}
