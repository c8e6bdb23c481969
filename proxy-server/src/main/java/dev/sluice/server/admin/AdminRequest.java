package dev.sluice.server.admin;

/** What a statement of the admin grammar asks for. Immutable. */
public sealed interface AdminRequest {
    /** To do something. */
    record Operate(Operation operation) implements AdminRequest {}

    /**
     * To be told what can be said.
     *
     * @param answer the lines of the help that were asked for
     */
    record Help(ResultTable answer) implements AdminRequest {}
}
