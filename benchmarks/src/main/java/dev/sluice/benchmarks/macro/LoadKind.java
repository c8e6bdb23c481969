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
    /** A write, then a read of the row that was written, both on their own, as text, with Connector/J. */
    READ_AFTER_WRITE("read-after-write", Tool.CONNECTOR_J, false),
    /** oltp_point_select of sysbench, as text. */
    SYSBENCH("sysbench", Tool.SYSBENCH, true),
    /** oltp_point_select of sysbench, prepared on the server. */
    SYSBENCH_PREPARED("sysbench-prepared", Tool.SYSBENCH, true),
    /** oltp_read_only of sysbench, as text; its transactions run on the primary. */
    SYSBENCH_READ_ONLY("sysbench-read-only", Tool.SYSBENCH, false),
    /** oltp_read_only of sysbench, prepared on the server. */
    SYSBENCH_READ_ONLY_PREPARED("sysbench-read-only-prepared", Tool.SYSBENCH, false),
    /** oltp_read_write of sysbench, as text. */
    SYSBENCH_READ_WRITE("sysbench-read-write", Tool.SYSBENCH, false),
    /** oltp_read_write of sysbench, prepared on the server. */
    SYSBENCH_READ_WRITE_PREPARED("sysbench-read-write-prepared", Tool.SYSBENCH, false),
    /** One result of many megabytes after the other, over one connection. */
    LARGE_RESULT("large-result", Tool.WIRE, true, Unit.MEGABYTE, 1),
    /** Connect, log in, SELECT 1, disconnect. */
    CONNECT("connect", Tool.WIRE, true, Unit.CONNECTION, LoadKind.AS_ASKED),
    /** Thousands of connections of which few ask something, to a process that has served nobody before. */
    IDLE("idle", Tool.FRESH_PROCESS, true, Unit.QUERY, LoadKind.AS_ASKED),
    /** From the start of a process to its first answer. */
    START("start", Tool.FRESH_PROCESS, true, Unit.QUERY, 1);

    /** The program that makes the load. */
    enum Tool {
        CONNECTOR_J,
        SYSBENCH,
        /** Clients of our own that do as little as possible. */
        WIRE,
        /** The same, but each turn has a process of its own. */
        FRESH_PROCESS
    }

    /** As many clients as the user asks for. */
    private static final int AS_ASKED = 0;

    private static final String PREPARED = "-prepared";

    private final String label;
    private final Tool tool;
    private final boolean readsOnly;
    private final Unit unit;
    private final int clients;

    LoadKind(String label, Tool tool, boolean readsOnly) {
        this(label, tool, readsOnly, Unit.QUERY, 0);
    }

    LoadKind(String label, Tool tool, boolean readsOnly, Unit unit, int clients) {
        this.label = label;
        this.tool = tool;
        this.readsOnly = readsOnly;
        this.unit = unit;
        this.clients = clients;
    }

    Tool tool() {
        return tool;
    }

    /** Whether replicas can serve all of it. */
    boolean readsOnly() {
        return readsOnly;
    }

    /** What it does again and again. */
    Unit unit() {
        return unit;
    }

    /** Whether its number of clients is always the same, {@link #clients()}. */
    boolean hasOwnNumberOfClients() {
        return clients != AS_ASKED;
    }

    int clients() {
        return clients;
    }

    /** Whether its statements are prepared on the server. */
    boolean isPrepared() {
        return label.endsWith(PREPARED);
    }

    /** The name the user gives. */
    @Override
    public String toString() {
        return label;
    }
}
