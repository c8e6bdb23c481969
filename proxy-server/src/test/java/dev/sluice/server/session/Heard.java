package dev.sluice.server.session;

import dev.sluice.protocol.response.SessionTrackListener;
import java.util.List;

/** Writes down what a server reports of the session's state. Confined to one test. */
record Heard(List<String> log) implements SessionTrackListener {
    @Override
    public void systemVariable(String name, String value) {
        log.add(name + "=" + value);
    }

    @Override
    public void schema(String name) {
        log.add("schema " + name);
    }

    @Override
    public void stateChange(boolean changed) {
        log.add("changed " + changed);
    }

    @Override
    public void gtids(String gtids) {
        log.add("gtids " + gtids);
    }

    @Override
    public void transactionState(String state) {
        log.add("transaction " + state);
    }

    @Override
    public void transactionCharacteristics(String statements) {
        log.add("characteristics " + statements);
    }
}
