package dev.sluice.protocol.response;

import java.util.ArrayList;
import java.util.List;

/** Everything that a reader of session state was told, as text. Confined to one test. */
final class Heard implements SessionTrackListener {
    final List<String> entries = new ArrayList<>();

    @Override
    public void systemVariable(String name, String value) {
        entries.add("VAR " + name + "=" + value);
    }

    @Override
    public void schema(String name) {
        entries.add("SCHEMA " + name);
    }

    @Override
    public void stateChange(boolean changed) {
        entries.add("STATE " + changed);
    }

    @Override
    public void gtids(String gtids) {
        entries.add("GTID " + gtids);
    }

    @Override
    public void transactionState(String state) {
        entries.add("TRX_STATE " + state);
    }

    @Override
    public void transactionCharacteristics(String statements) {
        entries.add("TRX_CHAR " + statements);
    }
}
