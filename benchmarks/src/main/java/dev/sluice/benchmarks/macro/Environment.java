package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.BuildInfo;
import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Describes what a benchmark runs on: without that its figures mean nothing. Immutable. */
record Environment(ProcFileSystem proc, Servers servers) {
    /** Name and text of each fact, in the order of the report. */
    Map<String, String> describe() throws CommandFailure {
        BuildInfo build = BuildInfo.current();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("machine", machine());
        facts.put("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
        facts.put("servers", serverVersion() + ", " + servers.replicas().size() + " replicas");
        facts.put("build", build.version() + ", commit " + build.commit() + ", transport " + build.transport());
        version("haproxy", "-v").ifPresent(text -> facts.put("haproxy", text));
        version("sysbench", "--version").ifPresent(text -> facts.put("sysbench", text));
        return facts;
    }

    private String machine() throws CommandFailure {
        try {
            return "%s, %d processors, %s MB, Linux %s"
                    .formatted(
                            value("cpuinfo", "model name"),
                            Runtime.getRuntime().availableProcessors(),
                            megabytes(value("meminfo", "MemTotal")),
                            System.getProperty("os.version"));
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot read " + proc.root() + ": " + e.getMessage(), e);
        }
    }

    private String value(String file, String name) throws IOException {
        Path path = proc.root().resolve(file);
        try (Stream<String> lines = Files.lines(path)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("unknown");
        }
    }

    private static String megabytes(String kilobytes) {
        String digits = kilobytes.replace(" kB", "");
        return digits.matches("[0-9]+") ? Long.toString(Long.parseLong(digits) / 1024) : kilobytes;
    }

    private String serverVersion() throws CommandFailure {
        HostPort primary = servers.primary();
        try (Connection connection = servers.jdbc().connect(primary, false);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT @@version_comment, VERSION()")) {
            rows.next();
            return rows.getString(1) + " " + rows.getString(2);
        } catch (SQLException e) {
            throw new CommandFailure(1, "cannot ask " + primary + " for its version: " + Jdbc.reason(e), e);
        }
    }

    private static Optional<String> version(String program, String option) throws CommandFailure {
        Optional<Path> path = Executables.find(program);
        if (path.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Executables.firstLine(path.get(), option));
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot run " + path.get() + ": " + e.getMessage(), e);
        }
    }
}
