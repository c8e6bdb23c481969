package dev.sluice.benchmarks.macro;

/** What the clients of a measurement do. Immutable. */
enum LoadKind {
    /** One row by its key, as text, with Connector/J. */
    POINT_SELECT("point-select", Tool.CONNECTOR_J, true),
    /** One row by its key, prepared on the server, with Connector/J. */
    POINT_SELECT_PREPARED("point-select-prepared", Tool.CONNECTOR_J, true),
    /** One row by its key, prepared and read through a cursor on the server, with Connector/J. */
    POINT_SELECT_CURSOR("point-select-cursor", Tool.CONNECTOR_J, true),
    /** A transaction of two reads, a write and COMMIT, as text, with Connector/J. */
    READ_WRITE("read-write", Tool.CONNECTOR_J, false),
    /** oltp_point_select of sysbench, as text. */
    SYSBENCH("sysbench", Tool.SYSBENCH, true),
    /** oltp_point_select of sysbench, prepared on the server. */
    SYSBENCH_PREPARED("sysbench-prepared", Tool.SYSBENCH, true),
    /** oltp_read_write of sysbench, as text. */
    SYSBENCH_READ_WRITE("sysbench-read-write", Tool.SYSBENCH, false);

    /** The program that makes the load. */
    enum Tool {
        CONNECTOR_J,
        SYSBENCH
    }

    private final String label;
    private final Tool tool;
    private final boolean readsOnly;

    LoadKind(String label, Tool tool, boolean readsOnly) {
        this.label = label;
        this.tool = tool;
        this.readsOnly = readsOnly;
    }

    Tool tool() {
        return tool;
    }

    /** Whether replicas can serve all of it. */
    boolean readsOnly() {
        return readsOnly;
    }

    /** The name the user gives. */
    @Override
    public String toString() {
        return label;
    }
}
