package dev.sluice.server.cli;

import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.admin.TableJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code admin}: sends statements to the admin port of a running Sluice. Confined to the main thread. */
@Command(
        name = "admin",
        description = "Send a statement to the admin port of a running Sluice; HELP lists them. Without one, statements"
                + " are read from standard input, one a line, until one fails.")
final class AdminCommand implements Callable<Integer> {
    private static final String NULL = "NULL";

    /** How answers are printed. */
    enum Format {
        /** For people. */
        TABLE,
        /** One JSON object on one line for each statement. */
        JSON
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Mixin
    private AdminAddressOption address = new AdminAddressOption();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "table or json. Default: ${DEFAULT-VALUE}.",
            defaultValue = "table")
    private Format output = Format.TABLE;

    @Parameters(
            paramLabel = "STATEMENT",
            arity = "0..1",
            description = "For example \"SHOW BACKENDS\", quoted for the shell.")
    private @Nullable String statement;

    private final InputStream in;

    /** @param in where statements are read if none is given */
    AdminCommand(InputStream in) {
        this.in = in;
    }

    @Override
    public Integer call() throws Exception {
        try (Connection connection = address.connect();
                Statement jdbc = connection.createStatement()) {
            jdbc.setEscapeProcessing(false);
            if (statement != null) {
                run(jdbc, statement);
            } else {
                runLines(jdbc);
            }
        } catch (SQLException e) {
            String who = e.getErrorCode() == 0 ? "the admin port " : "";
            throw new CommandFailure(ExitCode.FAILURE, who + JdbcInspector.describe(e), e);
        }
        return ExitCode.OK;
    }

    private void runLines(Statement jdbc) throws IOException, SQLException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String text = line.strip();
            if (!text.isEmpty() && !text.startsWith("#") && !text.startsWith("-- ")) {
                run(jdbc, text);
            }
        }
    }

    private void run(Statement jdbc, String text) throws SQLException {
        PrintWriter out = spec.commandLine().getOut();
        if (jdbc.execute(text)) {
            try (ResultSet rows = jdbc.getResultSet()) {
                print(table(rows), out);
            }
        }
        out.flush();
    }

    private static ResultTable table(ResultSet rows) throws SQLException {
        int count = rows.getMetaData().getColumnCount();
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            columns.add(rows.getMetaData().getColumnLabel(i));
        }
        List<List<@Nullable String>> values = new ArrayList<>();
        while (rows.next()) {
            List<@Nullable String> row = new ArrayList<>();
            for (int i = 1; i <= count; i++) {
                row.add(rows.getString(i));
            }
            values.add(row);
        }
        return new ResultTable(columns, values);
    }

    private void print(ResultTable table, PrintWriter out) {
        if (output == Format.JSON) {
            out.println(TableJson.of(table));
            return;
        }
        List<String> header = table.columns().stream()
                .map(column -> column.toUpperCase(Locale.ROOT))
                .toList();
        AlignedTable.print(
                header, table.rows().stream().map(AdminCommand::cells).toList(), out);
    }

    private static List<String> cells(List<@Nullable String> row) {
        List<String> cells = new ArrayList<>();
        for (String value : row) {
            cells.add(value == null ? NULL : value);
        }
        return cells;
    }
}
