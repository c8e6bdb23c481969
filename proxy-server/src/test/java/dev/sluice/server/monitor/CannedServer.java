package dev.sluice.server.monitor;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server that answers statements with what was written down for them, as a JDBC connection. A statement that nobody wrote
 * down fails the test. Thread-safe: confined to one test.
 */
final class CannedServer {
    /** Rows by column name, in the order of the columns. */
    record Table(List<String> columns, List<List<@Nullable Object>> rows) {
        static Table of(String... columns) {
            return new Table(List.of(columns), new ArrayList<>());
        }

        Table row(@Nullable Object... values) {
            rows.add(Arrays.asList(values));
            return this;
        }
    }

    private final Map<String, Object> answers = new HashMap<>();
    final List<String> asked = new ArrayList<>();

    CannedServer answer(String statement, Table... results) {
        answers.put(statement, results);
        return this;
    }

    CannedServer refuse(String statement, int code) {
        answers.put(statement, new SQLException("refused", "42000", code));
        return this;
    }

    Connection connection() {
        return proxy(Connection.class, (self, method, args) -> switch (method.getName()) {
            case "createStatement" -> statement();
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private Statement statement() {
        Answers answers = new Answers();
        return proxy(Statement.class, (self, method, args) -> switch (method.getName()) {
            case "execute" -> {
                answers.of((String) args[0]);
                yield true;
            }
            case "executeQuery" -> {
                answers.of((String) args[0]);
                yield answers.result();
            }
            case "getResultSet" -> answers.result();
            case "getMoreResults" -> answers.next();
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private final class Answers {
        private Table[] tables = new Table[0];
        private int at;

        void of(String statement) throws SQLException {
            asked.add(statement);
            Object answer = answers.get(statement);
            if (answer instanceof SQLException e) {
                throw e;
            }
            if (answer == null) {
                throw new AssertionError("not expected: " + statement);
            }
            tables = (Table[]) answer;
            at = 0;
        }

        ResultSet result() {
            return CannedServer.result(tables[at]);
        }

        boolean next() {
            return ++at < tables.length;
        }
    }

    private static ResultSet result(Table table) {
        int[] at = {-1};
        boolean[] wasNull = {false};
        return proxy(ResultSet.class, (self, method, args) -> {
            switch (method.getName()) {
                case "next" -> {
                    return ++at[0] < table.rows().size();
                }
                case "close" -> {
                    return null;
                }
                case "wasNull" -> {
                    return wasNull[0];
                }
                default -> {
                    Object value = value(table, at[0], args[0]);
                    wasNull[0] = value == null;
                    return converted(method.getName(), value);
                }
            }
        });
    }

    private static @Nullable Object value(Table table, int row, Object column) throws SQLException {
        int index = column instanceof Integer number ? number - 1 : indexOf(table, (String) column);
        return table.rows().get(row).get(index);
    }

    private static int indexOf(Table table, String column) throws SQLException {
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).equalsIgnoreCase(column)) {
                return i;
            }
        }
        throw new SQLException("no column " + column.toLowerCase(Locale.ROOT));
    }

    private static @Nullable Object converted(String getter, @Nullable Object value) {
        return switch (getter) {
            case "getString" -> value == null ? null : value.toString();
            case "getLong" -> value == null ? 0L : Long.valueOf(value.toString());
            case "getInt" -> value == null ? 0 : Integer.valueOf(value.toString());
            default -> throw new UnsupportedOperationException(getter);
        };
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
