package dev.sluice.server.cli;

import dev.sluice.server.ProxyServer;
import dev.sluice.server.demo.ProxyStarter;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * What the commands use of the rest of the product; the one place where it is plugged in. Immutable.
 *
 * @param starter starts the server for {@code serve}
 * @param inspector looks at one backend for {@code check}
 * @param explainer explains a statement for {@code explain}
 * @param demoStarter starts the server for {@code demo}
 * @param extensions commands of other modules
 */
record Wiring(
        ServerStarter starter,
        BackendInspector inspector,
        StatementExplainer explainer,
        ProxyStarter demoStarter,
        List<CliExtension> extensions) {
    Wiring {
        extensions = List.copyOf(extensions);
    }

    /** The parts that ship. */
    static Wiring production() {
        List<CliExtension> extensions = new ArrayList<>();
        ServiceLoader.load(CliExtension.class).forEach(extensions::add);
        return new Wiring(ProxyServer::start, new JdbcInspector(), new Explainer(), DemoProxy::start, extensions);
    }
}
