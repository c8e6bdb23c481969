package dev.sluice.server.drill;

import java.util.Map;

/**
 * What came of one kill or one switchover. Immutable.
 *
 * @param kill whether the primary was killed; it was changed by a switchover if not
 * @param window what the clients saw
 * @param pauseMillis what the switchover said of its pause; 0 after a kill
 * @param lost acknowledged writes that are gone although the promoted server had them
 * @param unreplicated acknowledged writes that only the killed server ever had
 * @param twice tokens that were written more than once
 */
record DrillRun(boolean kill, DrillRecord.Window window, double pauseMillis, int lost, int unreplicated, int twice) {
    double writeOutageMillis() {
        return window.writeOutageNanos() / 1e6;
    }

    double readOutageMillis() {
        return window.readOutageNanos() / 1e6;
    }

    double resumeMillis() {
        return window.resumeNanos() / 1e6;
    }

    int errors(DrillRecord.Work work) {
        return window.errors(work);
    }

    Map<String, Integer> errors() {
        return window.errors();
    }
}
