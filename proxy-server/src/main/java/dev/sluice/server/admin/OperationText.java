package dev.sluice.server.admin;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Operations as they would be said on the admin port, which {@link AdminGrammar} reads again. Functions only. */
final class OperationText {
    private OperationText() {}

    static String of(Operation operation) {
        if (operation instanceof Operation.AddBackend add) {
            return "ADD BACKEND " + quoted(add.address()) + option(" WEIGHT ", add.weight())
                    + option(" ZONE ", add.zone() == null ? null : quoted(add.zone()))
                    + option(" MAX CONNECTIONS ", add.connectionsMax());
        } else if (operation instanceof Operation.DrainBackend drain) {
            return "DRAIN BACKEND " + quoted(drain.address()) + timeout(drain.timeout());
        } else if (operation instanceof Operation.ResumeBackend resume) {
            return "RESUME BACKEND " + quoted(resume.address());
        } else if (operation instanceof Operation.RemoveBackend remove) {
            return "REMOVE BACKEND " + quoted(remove.address()) + force(remove.force());
        } else if (operation instanceof Operation.SetWeight weight) {
            return "SET BACKEND " + quoted(weight.address()) + " WEIGHT " + weight.weight();
        } else if (operation instanceof Operation.SetOffline offline) {
            return "SET BACKEND " + quoted(offline.address()) + " OFFLINE" + force(offline.force());
        } else if (operation instanceof Operation.Switchover switchover) {
            return "SWITCHOVER TO " + quoted(switchover.address()) + timeout(switchover.timeout())
                    + (switchover.dryRun() ? " DRY RUN" : "");
        }
        return ofOthers(operation);
    }

    /** What is not about one backend. */
    private static String ofOthers(Operation operation) {
        if (operation instanceof Operation.Kill kill) {
            return (kill.queryOnly() ? "KILL QUERY " : "KILL ") + kill.sessionId();
        } else if (operation instanceof Operation.Pause) {
            return "PAUSE";
        } else if (operation instanceof Operation.Resume) {
            return "RESUME";
        } else if (operation instanceof Operation.Reload reload) {
            return "RELOAD" + force(reload.force());
        } else if (operation instanceof Operation.SetFeature feature) {
            return "SET FEATURE " + feature.feature().name().toLowerCase(Locale.ROOT) + " = "
                    + (feature.on() ? "on" : "off");
        } else if (operation instanceof Operation.RollbackConfig rollback) {
            return "ROLLBACK CONFIG TO " + rollback.version() + force(rollback.force());
        } else if (operation instanceof Operation.Show show) {
            return "SHOW " + show.view().name().replace('_', ' ');
        } else if (operation instanceof Operation.ExplainRoute explain) {
            return "EXPLAIN ROUTE " + explain.statement();
        }
        throw new IllegalStateException("an operation without a text: " + operation.getClass());
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private static String option(String keyword, @Nullable Object value) {
        return value == null ? "" : keyword + value;
    }

    private static String timeout(@Nullable Duration timeout) {
        return timeout == null ? "" : " TIMEOUT " + timeout.toSeconds();
    }

    private static String force(boolean force) {
        return force ? " FORCE" : "";
    }
}
