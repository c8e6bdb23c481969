package dev.sluice.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * What the commands use of the rest of the product; the one place where it is plugged in. Immutable.
 *
 * @param starter starts the server for {@code serve}
 * @param inspector looks at one backend for {@code check}
 * @param explainer explains a statement for {@code explain}
 * @param extensions commands of other modules
 */
record Wiring(
        ServerStarter starter,
        BackendInspector inspector,
        StatementExplainer explainer,
        List<CliExtension> extensions) {
    Wiring {
        extensions = List.copyOf(extensions);
    }

    /** The parts that ship. */
    static Wiring production() {
        List<CliExtension> extensions = new ArrayList<>();
        ServiceLoader.load(CliExtension.class).forEach(extensions::add);
        // Looked up when a command needs them: check and --version work without them.
        return new Wiring(
                config -> service(ServerStarter.class).start(config),
                new JdbcInspector(),
                request -> service(StatementExplainer.class).explain(request),
                extensions);
    }

    private static <T> T service(Class<T> type) {
        return ServiceLoader.load(type)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + type.getSimpleName() + " on the class path"));
    }
}
