package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.nio.file.Path;

/** Makes what runs the clients of each load. Immutable. */
record Loads(Servers servers, WorkOptions work, ProcFileSystem proc, CleanupStack cleanup) {
    /** The clients of a load on processes that run already. */
    Load of(LoadKind kind) throws CommandFailure {
        return switch (kind.tool()) {
            case CONNECTOR_J -> new ConnectorJLoad(kind, servers.jdbc(), work.rows());
            case WIRE ->
                new WireLoad(kind, servers, kind == LoadKind.LARGE_RESULT ? work.largeResultQuery() : "SELECT 1");
            case SYSBENCH -> {
                Path sysbench = Executables.find("sysbench")
                        .orElseThrow(() -> new CommandFailure("--load " + kind
                                + " needs sysbench on the PATH: install it (Debian: apt-get install sysbench)."));
                yield new SysbenchLoad(sysbench, kind, servers, work.rows(), cleanup);
            }
            case FRESH_PROCESS -> throw new IllegalArgumentException(kind + " starts its own processes");
        };
    }

    /** The turns of a load that starts its own processes. */
    FreshTurn fresh(LoadKind kind) {
        return kind == LoadKind.IDLE ? new IdleTurn(servers, proc, cleanup) : new StartTurn(servers, proc, cleanup);
    }
}
