package dev.sluice.server.demo;

import dev.sluice.server.admin.ResultTable;
import java.sql.SQLException;

/**
 * Somebody who sends statements to the admin port.
 *
 * <p>Thread-safe: implementations keep nothing between two statements.
 */
@FunctionalInterface
interface Operator {
    /** Runs one statement and returns with its answer. */
    ResultTable run(String statement) throws SQLException;
}
