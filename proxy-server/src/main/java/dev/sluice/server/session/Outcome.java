package dev.sluice.server.session;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What came of a command. Reused from command to command: it says nothing any more when the next one begins. Confined to the
 * session's event loop.
 */
final class Outcome {
    private final Supplier<@Nullable String> texts = this::text;
    private boolean failed;
    private boolean leftConditions;
    private long lastInsertId;
    private @Nullable String text;
    private boolean schemaStays;

    /** A server has answered the command itself. */
    Outcome answered(ClientResponse response, Command command) {
        failed = response.isError();
        leftConditions = response.isError() || response.warnings() > 0;
        lastInsertId = response.lastInsertId();
        text = command.text();
        schemaStays = command.isFetch() || (response.isError() && command.choosesSchema());
        return this;
    }

    /** A server has refused what the command needed. */
    Outcome refused(Command command) {
        failed = true;
        leftConditions = true;
        lastInsertId = 0;
        text = command.text();
        schemaStays = false;
        return this;
    }

    /** The command is over: its text is not kept for an idle session. */
    void clear() {
        text = null;
    }

    /** Whether the server answered with an error. */
    boolean failed() {
        return failed;
    }

    /** Whether there is an error or a warning. */
    boolean leftConditions() {
        return leftConditions;
    }

    /** What the OK said. */
    long lastInsertId() {
        return lastInsertId;
    }

    /** The statement, where names in it matter. */
    @Nullable
    String text() {
        return text;
    }

    /** The same for whoever may not want it. */
    Supplier<@Nullable String> texts() {
        return texts;
    }

    /** Whether the connection still has the schema that it had before. */
    boolean schemaStays() {
        return schemaStays;
    }
}
