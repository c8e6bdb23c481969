package dev.sluice.server.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What {@code HELP} lists: every statement with a line about it. Immutable. */
final class AdminHelp {
    /**
     * One statement.
     *
     * @param syntax capitals as they are, {@code n} and quoted words by example, brackets for what may be left out
     * @param example a statement of this form, with everything that may be left out
     */
    record Line(String syntax, String meaning, String example) {}

    private static final List<String> COLUMNS = List.of("statement", "meaning");

    static final List<Line> LINES = List.of(
            show("BACKENDS", "Every server: role, state, lag, connections."),
            show("SESSIONS", "Every client connection."),
            show("POOLS", "The connections to each server."),
            show("ROUTES", "How often each route was taken, and why."),
            show("PINS", "The sessions that are tied to a connection, and by what."),
            show("CONFIG", "The configuration in force."),
            show("CONFIG DIFF", "How it differs from the file."),
            show("CONFIG HISTORY", "Its versions, with author and time."),
            show("EVENTS", "What happened lately."),
            new Line(
                    "ADD BACKEND 'host:port' [WEIGHT n] [ZONE 'z'] [MAX CONNECTIONS n]",
                    "Uses one more server.",
                    "ADD BACKEND '10.0.0.4:3306' WEIGHT 2 ZONE 'a' MAX CONNECTIONS 50"),
            new Line(
                    "DRAIN BACKEND 'host:port' [TIMEOUT seconds]",
                    "Gives the server no new work; idle sessions move, transactions may end.",
                    "DRAIN BACKEND '10.0.0.4:3306' TIMEOUT 60"),
            new Line(
                    "RESUME BACKEND 'host:port'",
                    "Ends a drain, or that the server is offline.",
                    "RESUME BACKEND '10.0.0.4:3306'"),
            new Line(
                    "REMOVE BACKEND 'host:port' [FORCE]",
                    "Forgets the server; FORCE if it is the last of its role or most would be gone.",
                    "REMOVE BACKEND '10.0.0.4:3306' FORCE"),
            new Line(
                    "SET BACKEND 'host:port' WEIGHT n",
                    "Changes the server's share of the reads; 0 takes none.",
                    "SET BACKEND '10.0.0.4:3306' WEIGHT 0"),
            new Line(
                    "SET BACKEND 'host:port' OFFLINE [FORCE]",
                    "Ends its connections and probes; RESUME ends that; FORCE as with REMOVE.",
                    "SET BACKEND '10.0.0.4:3306' OFFLINE FORCE"),
            new Line(
                    "SET FEATURE name = on|off",
                    "Switches read_splitting, multiplexing, causal_reads or retry.",
                    "SET FEATURE read_splitting = off"),
            new Line(
                    "SWITCHOVER TO 'host:port' [TIMEOUT seconds] [DRY RUN]",
                    "Makes another server the primary; DRY RUN says how.",
                    "SWITCHOVER TO '10.0.0.4:3306' TIMEOUT 10 DRY RUN"),
            new Line(
                    "KILL [CONNECTION | QUERY] n",
                    "Ends the client connection with that id, or only its statement.",
                    "KILL QUERY 12"),
            new Line("PAUSE", "Statements wait before they begin; transactions that run may end.", "PAUSE"),
            new Line("RESUME", "Ends a pause.", "RESUME"),
            new Line(
                    "EXPLAIN ROUTE statement",
                    "Where the statement would go, and why; it is not run.",
                    "EXPLAIN ROUTE SELECT 1"),
            new Line(
                    "RELOAD [FORCE]",
                    "Reads the configuration file again; FORCE as with REMOVE BACKEND.",
                    "RELOAD FORCE"),
            new Line(
                    "ROLLBACK CONFIG TO n [FORCE]",
                    "Makes the configuration of version n a new version.",
                    "ROLLBACK CONFIG TO 3 FORCE"),
            new Line("[SHOW] HELP [word]", "This list, or its lines with that word.", "SHOW HELP BACKEND"));

    private AdminHelp() {}

    private static Line show(String view, String meaning) {
        return new Line("SHOW " + view, meaning, "SHOW " + view);
    }

    /** The lines that have a word in the statement or in its meaning; all of them for null. */
    static ResultTable table(@Nullable String word) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (Line line : LINES) {
            if (word == null || mentions(line, word)) {
                rows.add(List.of(line.syntax(), line.meaning()));
            }
        }
        return new ResultTable(COLUMNS, rows);
    }

    private static boolean mentions(Line line, String word) {
        String text = (line.syntax() + ' ' + line.meaning()).toLowerCase(Locale.ROOT);
        return text.contains(word.toLowerCase(Locale.ROOT));
    }
}
