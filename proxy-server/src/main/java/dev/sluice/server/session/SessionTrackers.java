package dev.sluice.server.session;

import dev.sluice.protocol.response.SessionTrackListener;
import dev.sluice.router.session.CausalityTracker;
import dev.sluice.router.session.SessionChanges;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.ServerFlavor;

/** What a session learns from the session trackers of its backends. Confined to the session's event loop. */
record SessionTrackers(SessionChanges changes, CausalityTracker causality, LoopContext context)
        implements SessionTrackListener {
    @Override
    public void systemVariable(String name, String value) {
        if (name.equals("last_gtid")) {
            wrote(value, true);
        } else {
            changes.systemVariable(name, value);
        }
    }

    @Override
    public void schema(String name) {
        changes.schema(name);
    }

    @Override
    public void stateChange(boolean changed) {
        if (changed) {
            changes.stateChange();
        }
    }

    @Override
    public void gtids(String gtids) {
        wrote(gtids, false);
    }

    private void wrote(String text, boolean mariaDb) {
        causality.wrote(
                GtidPosition.parse(mariaDb ? ServerFlavor.MARIADB : ServerFlavor.MYSQL, text),
                context.topology(),
                context.nowNanos());
    }

    @Override
    public void transactionState(String state) {
        changes.transactionState(state);
    }

    @Override
    public void transactionCharacteristics(String statements) {
        changes.transactionCharacteristics(statements);
    }
}
