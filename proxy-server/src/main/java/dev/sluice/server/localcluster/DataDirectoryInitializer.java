package dev.sluice.server.localcluster;

import dev.sluice.server.localcluster.ServerVersion.Vendor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The first start of a server: system tables, databases and accounts, before there is a binary log.
 *
 * <p>Immutable.
 */
record DataDirectoryInitializer(ServerBinary binary) {
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    /** Everything that decides what the data directory holds. */
    List<String> recipe() {
        List<String> recipe = new ArrayList<>(Accounts.statements(binary.version()));
        recipe.addAll(command(Path.of("data"), Path.of("accounts.sql")));
        return recipe;
    }

    /** Makes {@code data} in an empty directory. */
    void initialize(Path directory) throws IOException {
        Path data = directory.resolve("data");
        Path accounts = directory.resolve("accounts.sql");
        Files.writeString(
                accounts, Accounts.statements(binary.version()).stream().collect(Collectors.joining(";\n", "", ";\n")));
        ExternalCommand.Outcome outcome =
                new ExternalCommand(command(data, accounts), binary.environment(), directory).run(DEADLINE);
        String log = outcome.output() + ExternalCommand.tail(directory.resolve("server.log"));
        // A failed statement of the accounts does not always fail the command, but it always leaves a line.
        if (!outcome.succeeded()
                || !Files.isDirectory(data.resolve(Accounts.SECOND_DATABASE))
                || log.contains("ERROR")) {
            throw StartFailure.of("Initialising a data directory of " + binary.version(), log, directory);
        }
    }

    private List<String> command(Path data, Path accounts) {
        List<String> command = new ArrayList<>();
        if (binary.version().vendor() == Vendor.MYSQL) {
            command.addAll(List.of(
                    binary.executable().toString(),
                    "--no-defaults",
                    "--initialize-insecure",
                    "--init-file=" + accounts,
                    "--log-error=" + data.resolveSibling("server.log"),
                    "--mysqlx=OFF",
                    "--performance_schema=OFF",
                    "--loose-innodb_redo_log_capacity=16M"));
            if (binary.version().isAtLeast(8, 4, 0) && !binary.version().isAtLeast(9, 0, 0)) {
                command.add("--mysql-native-password=ON");
            }
        } else {
            // Through the shell: an archive does not always keep the script's permission to run.
            command.addAll(List.of(
                    "/bin/sh",
                    installScript().toString(),
                    "--no-defaults",
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                    "--extra-file=" + accounts,
                    "--innodb-log-file-size=16M"));
        }
        command.add("--basedir=" + binary.basedir());
        command.add("--datadir=" + data);
        command.addAll(Platform.userArguments());
        return command;
    }

    private Path installScript() {
        for (String directory : List.of("scripts", "bin")) {
            Path script = binary.basedir().resolve(directory).resolve("mariadb-install-db");
            if (Files.isRegularFile(script)) {
                return script;
            }
        }
        Path script = ExecutableFlavor.find("mariadb-install-db");
        if (script == null) {
            throw new ServerUnavailableException("There is no mariadb-install-db beside " + binary.executable()
                    + ": install it (Debian: apt-get install mariadb-server-core).");
        }
        return script;
    }
}
