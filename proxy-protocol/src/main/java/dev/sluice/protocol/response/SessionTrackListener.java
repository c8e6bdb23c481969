package dev.sluice.protocol.response;

/** Receives the entries of session state in the order in which the server sent them. Confined to the session's event loop. */
public interface SessionTrackListener {
    /** A session system variable has this value now. */
    void systemVariable(String name, String value);

    /** The default schema; empty if it was dropped. */
    void schema(String name);

    /** Some session state changed, tracked by value or not. */
    void stateChange(boolean changed);

    /** GTIDs of this session's last commit. */
    void gtids(String gtids);

    /** Eight characters, one per fact about the open transaction, {@code _} for none. */
    void transactionState(String state);

    /** The statements that would open such a transaction again; empty after its end. */
    void transactionCharacteristics(String statements);
}
