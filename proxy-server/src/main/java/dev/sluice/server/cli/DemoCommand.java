package dev.sluice.server.cli;

import dev.sluice.server.demo.Demo;
import dev.sluice.server.demo.DemoOutput;
import dev.sluice.server.demo.ProxyStarter;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ServerFlavor;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The {@code demo} subcommand: a real primary and two replicas, Sluice in front, and a tour over one URL.
 *
 * <p>Thread-safe: confined to the main thread.
 */
@Command(
        name = "demo",
        description = "Start a real primary and two replicas with Sluice in front, and show what goes where.",
        footer = {"", "Exit codes: 0 every step passed, 1 a step failed or something did not start, 2 wrong usage."})
public final class DemoCommand implements Callable<Integer> {
    private final ProxyStarter starter;

    @Option(names = "--check", description = "Run the tour, stop everything and exit with 0, or 1 if a step failed.")
    private boolean check;

    @Option(
            names = "--flavor",
            paramLabel = "SERVER",
            defaultValue = "auto",
            description = "The database server: auto (MySQL 8.0.31 where it runs, else MariaDB), mysql, mariadb, or an"
                    + " executable mysqld or mariadbd by name or path.")
    private String flavor = "auto";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "Where Sluice listens on 127.0.0.1. Default: 6033, or another one when that is taken.")
    private int port;

    /** Creates the command; the starter turns a configuration file into a running Sluice. */
    public DemoCommand(ProxyStarter starter) {
        this.starter = starter;
    }

    @Override
    public Integer call() {
        DemoOutput output = new DemoOutput(System.out, DemoOutput.isTerminal());
        try {
            return new Demo(ServerFlavor.parse(flavor), starter, output).run(port, check);
        } catch (LocalClusterException e) {
            System.err.println("sluice demo: " + e.getMessage());
            return 1;
        }
    }
}
