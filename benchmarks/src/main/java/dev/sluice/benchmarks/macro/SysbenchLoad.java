package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A load of sysbench 1.0. It has no warm-up of its own: what precedes the measured time are the connects only. Confined to
 * the main thread.
 */
final class SysbenchLoad implements Load {
    private final Path program;
    private final LoadKind kind;
    private final Servers servers;
    private final int rows;
    private final CleanupStack cleanup;

    /** A load on a table with that many rows; the stack ends sysbench when a signal ends the run. */
    SysbenchLoad(Path program, LoadKind kind, Servers servers, int rows, CleanupStack cleanup) {
        this.program = program;
        this.kind = kind;
        this.servers = servers;
        this.rows = rows;
        this.cleanup = cleanup;
    }

    @Override
    public LoadResult run(Target target, int connections, Duration warmUp, Duration measured, Window window)
            throws CommandFailure, InterruptedException {
        SysbenchOutput output = new SysbenchOutput();
        try {
            Process process = new ProcessBuilder(command(target.addresses(kind), connections, measured))
                    .redirectErrorStream(true)
                    .start();
            cleanup.push(process::destroyForcibly);
            try (BufferedReader lines = process.inputReader()) {
                read(lines, output, window);
            }
            if (process.waitFor() != 0) {
                throw new CommandFailure(target.name() + ": sysbench failed: " + output.complaint());
            }
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot run " + program + ": " + e.getMessage(), e);
        }
        return output.result();
    }

    private static void read(BufferedReader lines, SysbenchOutput output, Window window)
            throws IOException, CommandFailure {
        boolean open = false;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            output.add(line);
            if (SysbenchOutput.isStart(line)) {
                window.opened();
                open = true;
            } else if (open && SysbenchOutput.isEnd(line)) {
                window.closed();
                open = false;
            }
        }
    }

    private String script() {
        return switch (kind) {
            case SYSBENCH_READ_ONLY, SYSBENCH_READ_ONLY_PREPARED -> "oltp_read_only";
            case SYSBENCH_READ_WRITE, SYSBENCH_READ_WRITE_PREPARED -> "oltp_read_write";
            default -> "oltp_point_select";
        };
    }

    private List<String> command(List<HostPort> addresses, int connections, Duration measured) {
        String ports = addresses.stream()
                .map(address -> Integer.toString(address.port()))
                .collect(Collectors.joining(","));
        return List.of(
                program.toString(),
                script(),
                // It combines every host with every port.
                "--mysql-host=" + addresses.get(0).host(),
                "--mysql-port=" + ports,
                "--mysql-user=" + servers.sysbench().user(),
                "--mysql-password=" + servers.sysbench().password(),
                "--mysql-db=" + servers.database(),
                "--tables=1",
                "--table-size=" + rows,
                "--threads=" + connections,
                "--time=" + Math.max(1, measured.toSeconds()),
                "--rand-type=uniform",
                "--histogram=on",
                "--db-ps-mode=" + (kind.isPrepared() ? "auto" : "disable"),
                "run");
    }
}
