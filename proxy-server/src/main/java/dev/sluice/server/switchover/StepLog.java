package dev.sluice.server.switchover;

import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.ResultTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of one switchover as they are taken: logged, reported and kept with their times. Thread-safe: used by the thread
 * that carries out the switchover.
 */
final class StepLog {
    static final List<String> COLUMNS = List.of("step", "what", "began_ms", "took_ms");
    private static final Logger LOGGER = LoggerFactory.getLogger(StepLog.class);

    private final LongSupplier nanoClock;
    private final Administration.Progress progress;
    private final long began;
    private final List<List<@Nullable String>> rows = new ArrayList<>();

    StepLog(LongSupplier nanoClock, Administration.Progress progress) {
        this.nanoClock = nanoClock;
        this.progress = progress;
        this.began = nanoClock.getAsLong();
    }

    long now() {
        return nanoClock.getAsLong();
    }

    /** A step that began then has ended well. */
    void done(String step, String what, long since) {
        LOGGER.atInfo().addKeyValue("step", step).log("switchover: {}", what);
        add(step, what, since);
    }

    /** A step that began then has failed. */
    void failed(String step, String why, long since) {
        LOGGER.atWarn().addKeyValue("step", step).log("switchover failed: {}", why);
        add(step, "failed: " + why, since);
    }

    private void add(String step, String what, long since) {
        long now = now();
        rows.add(List.of(step, what, millis(since - began), millis(now - since)));
        progress.step(step + ": " + what + " (" + millis(now - since) + " ms)");
    }

    /** All steps, and how long new writes waited. */
    ResultTable table(long pauseBegan, long pauseNanos) {
        List<List<@Nullable String>> all = new ArrayList<>(rows);
        all.add(List.of("pause", "new writes waited", millis(pauseBegan - began), millis(pauseNanos)));
        return new ResultTable(COLUMNS, all);
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / 1e6);
    }
}
