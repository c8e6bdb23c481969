package dev.sluice.router.session;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the server's session trackers reported while one command ran. Reused from command to command. Confined to the
 * session's event loop.
 */
public final class SessionChanges {
    private final List<String> names = new ArrayList<>();
    private final List<String> values = new ArrayList<>();
    private boolean schemaChanged;
    private @Nullable String schema;
    private boolean stateChanged;
    private @Nullable String transactionState;
    private @Nullable String characteristics;

    /** Forgets everything. */
    public void clear() {
        if (isEmpty()) {
            return;
        }
        names.clear();
        values.clear();
        schemaChanged = false;
        schema = null;
        stateChanged = false;
        transactionState = null;
        characteristics = null;
    }

    /** Whether nothing was reported. */
    public boolean isEmpty() {
        return names.isEmpty()
                && !schemaChanged
                && !stateChanged
                && transactionState == null
                && characteristics == null;
    }

    /** A system variable has this value now. */
    public void systemVariable(String name, String value) {
        names.add(name);
        values.add(value);
    }

    /** The default schema is this now; the empty name means none. */
    public void schema(String name) {
        schemaChanged = true;
        schema = name.isEmpty() ? null : name;
    }

    /** Some session state changed. */
    public void stateChange() {
        stateChanged = true;
    }

    /** The eight characters of the transaction tracker. */
    public void transactionState(String state) {
        transactionState = state;
    }

    /** The statements that would open the same transaction; empty when nothing is pending or open. */
    public void transactionCharacteristics(String statements) {
        characteristics = statements;
    }

    /** The value that was reported last for a variable, or null. */
    public @Nullable String variable(String name) {
        int index = names.lastIndexOf(name);
        return index < 0 ? null : values.get(index);
    }

    int variables() {
        return names.size();
    }

    String variableName(int index) {
        return names.get(index);
    }

    String variableValue(int index) {
        return values.get(index);
    }

    boolean schemaChanged() {
        return schemaChanged;
    }

    @Nullable
    String schema() {
        return schema;
    }

    boolean stateChanged() {
        return stateChanged;
    }

    @Nullable
    String transactionState() {
        return transactionState;
    }

    @Nullable
    String characteristics() {
        return characteristics;
    }
}
