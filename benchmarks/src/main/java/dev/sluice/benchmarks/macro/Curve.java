package dev.sluice.benchmarks.macro;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** What CPU per query may grow with, and the load that shows it. Immutable. */
enum Curve {
    /** Clients that work all the time; more of them share a read, a wake-up and a write. */
    CONNECTIONS("connections", List.of(1, 8, 64, 256, 1_000, 10_000)) {
        @Override
        WireLoopLoad.Script script(int value, int rows) {
            return pointSelects(rows);
        }

        @Override
        int clients(int value) {
            return value;
        }
    },
    /** Servers, one of which is the primary; each point has a Sluice of its own, which knows so many. */
    SERVERS("servers", List.of(1, 2, 4, 8, 16, 32)) {
        @Override
        WireLoopLoad.Script script(int value, int rows) {
            return pointSelects(rows);
        }
    },
    /** Statements that differ in more than literals, asked in turns. */
    STATEMENTS("distinct statements", List.of(1, 100, 1_000, 10_000, 100_000, 1_000_000)) {
        @Override
        WireLoopLoad.Script script(int value, int rows) {
            int[] turn = {0};
            return (client, number) -> () -> WireClient.query(
                    "SELECT c AS c%d FROM %s WHERE id = %d".formatted(turn[0]++ % value, BenchTable.NAME, 1));
        }
    },
    /** Bytes of a statement. */
    LENGTH("bytes of a statement", List.of(60, 400, 4_000, 20_000, 100_000)) {
        @Override
        WireLoopLoad.Script script(int value, int rows) {
            String head = SELECT + "1 AND '";
            String tail = "' <> ''";
            byte[] query =
                    WireClient.query(head + "x".repeat(Math.max(1, value - head.length() - tail.length())) + tail);
            return (client, number) -> () -> query;
        }
    },
    /** Bytes of a result of one row. */
    RESULT("bytes of a result", List.of(100, 1_000, 10_000, 100_000, 1_000_000)) {
        @Override
        WireLoopLoad.Script script(int value, int rows) {
            byte[] query = WireClient.query(
                    "SELECT REPEAT('x', %d) AS v FROM %s WHERE id = 1".formatted(value, BenchTable.NAME));
            return (client, number) -> () -> query;
        }
    },
    /** Statements that a session has prepared, executed in turns. */
    PREPARED("prepared statements of a session", List.of(1, 10, 100, 500)) {
        @Override
        WireLoopLoad.Script script(int value, int rows) {
            return (client, number) -> {
                byte[][] commands = new byte[value][];
                for (int i = 0; i < value; i++) {
                    int id = client.prepare("SELECT c AS c%d FROM %s WHERE id = ?".formatted(i, BenchTable.NAME));
                    commands[i] = WireClient.execute(id, 1);
                }
                int[] turn = {0};
                return () -> commands[turn[0]++ % value];
            };
        }
    };

    private static final String SELECT = "SELECT c FROM " + BenchTable.NAME + " WHERE id = ";
    private static final int CLIENTS = 8;

    private final String quantity;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<Integer> points;

    Curve(String quantity, List<Integer> points) {
        this.quantity = quantity;
        this.points = points;
    }

    /** Clients that ask for a row by its key, again and again. */
    private static WireLoopLoad.Script pointSelects(int rows) {
        return (client, number) -> {
            SplittableRandom random = new SplittableRandom(number);
            return () -> WireClient.query(SELECT + random.nextInt(1, rows + 1));
        };
    }

    /** What grows, as the name of an axis. */
    String quantity() {
        return quantity;
    }

    /** Where it is measured unless the user says otherwise. */
    List<Integer> points() {
        return points;
    }

    /** The load at a point. */
    abstract WireLoopLoad.Script script(int value, int rows);

    /** How many clients make that load. */
    int clients(int value) {
        return CLIENTS;
    }

    /** The name the user gives. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
