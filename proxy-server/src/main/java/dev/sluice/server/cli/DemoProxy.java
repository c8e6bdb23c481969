package dev.sluice.server.cli;

import dev.sluice.server.ProxyServer;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.demo.ProxyUnderDemo;
import java.nio.file.Path;

/** Sluice as the demonstration starts it: from a configuration file, in this process. Thread-safe: the server is. */
final class DemoProxy implements ProxyUnderDemo {
    private final ProxyServer server;

    private DemoProxy(ProxyServer server) {
        this.server = server;
    }

    static ProxyUnderDemo start(Path configurationFile) throws Exception {
        SluiceConfig config = new ConfigLoader().load(configurationFile);
        return new DemoProxy(ProxyServer.start(config));
    }

    @Override
    public int port() {
        return server.address().getPort();
    }

    @Override
    public void close() {
        server.close();
    }
}
