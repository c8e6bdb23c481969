package dev.sluice.server.drill;

import dev.sluice.server.drill.DrillRecord.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The numbers of a drill and what they are measured against. Thread-safe: used by the thread that runs the drill. */
final class DrillReport {
    private static final double RESUME_MILLIS_MAX = 1000;
    private static final double PAUSE_MILLIS_MAX = 1000;
    private static final double TAIL = 0.99;
    private static final String ROW = "%4s  %-10s %9s %8s %9s %9s %6s %6s %6s %6s %5s %6s %6s";

    private final List<DrillRun> runs = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();

    static String header() {
        return ROW.formatted(
                "run",
                "what",
                "writes ms",
                "reads ms",
                "resume ms",
                "pause ms",
                "wr.err",
                "tx.err",
                "rd.err",
                "id.err",
                "lost",
                "unrepl",
                "twice");
    }

    /** Takes a run; returns its line. */
    String add(DrillRun run) {
        runs.add(run);
        return ROW.formatted(
                runs.size(),
                run.kill() ? "kill" : "switchover",
                millis(run.writeOutageMillis()),
                millis(run.readOutageMillis()),
                run.kill() ? millis(run.resumeMillis()) : "",
                run.kill() ? "" : millis(run.pauseMillis()),
                run.errors(Work.WRITE),
                run.errors(Work.TRANSACTION),
                run.errors(Work.READ),
                run.errors(Work.IDLE),
                run.lost(),
                run.unreplicated(),
                run.twice());
    }

    /** Takes a switchover that was refused or taken back, whose run has no numbers; returns its line. */
    String refused(String why) {
        refusals.add(why);
        return "   -  switchover refused: " + why;
    }

    /** Percentiles and kinds of errors. */
    List<String> summary() {
        List<String> lines = new ArrayList<>();
        lines.add("%-34s %8s %8s %8s %8s".formatted("milliseconds", "p50", "p90", "p99", "max"));
        percentiles(lines, "kill: outage of writes", true, DrillRun::writeOutageMillis);
        percentiles(lines, "kill: outage of reads", true, DrillRun::readOutageMillis);
        percentiles(lines, "kill: writable to first write", true, DrillRun::resumeMillis);
        percentiles(lines, "switchover: pause", false, DrillRun::pauseMillis);
        percentiles(lines, "switchover: outage of writes", false, DrillRun::writeOutageMillis);
        percentiles(lines, "switchover: outage of reads", false, DrillRun::readOutageMillis);
        Map<String, Integer> errors = new TreeMap<>();
        for (DrillRun run : runs) {
            run.errors()
                    .forEach((kind, count) ->
                            errors.merge((run.kill() ? "kill: " : "switchover: ") + kind, count, Integer::sum));
        }
        errors.forEach((kind, count) -> lines.add("%6d x %s".formatted(count, kind)));
        return lines;
    }

    private void percentiles(List<String> lines, String name, boolean kill, ToDoubleFunction<DrillRun> value) {
        double[] sorted = sorted(kill, value);
        if (sorted.length > 0) {
            lines.add("%-34s %8s %8s %8s %8s"
                    .formatted(
                            name,
                            millis(at(sorted, 0.5)),
                            millis(at(sorted, 0.9)),
                            millis(at(sorted, TAIL)),
                            millis(sorted[sorted.length - 1])));
        }
    }

    private double[] sorted(boolean kill, ToDoubleFunction<DrillRun> value) {
        double[] values = runs.stream()
                .filter(run -> run.kill() == kill)
                .mapToDouble(value)
                .toArray();
        Arrays.sort(values);
        return values;
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    }

    /** The targets that were missed; empty if none. */
    List<String> missed() {
        List<String> missed = new ArrayList<>();
        int switchoverErrors = 0;
        int readErrors = 0;
        int idleErrors = 0;
        int lost = 0;
        int twice = 0;
        for (DrillRun run : runs) {
            readErrors += run.errors(Work.READ);
            idleErrors += run.errors(Work.IDLE);
            switchoverErrors += run.kill() ? 0 : run.errors(Work.WRITE);
            lost += run.lost();
            twice += run.twice();
        }
        expectNone(missed, refusals.size(), "switchovers refused");
        expectNone(missed, lost, "acknowledged writes lost");
        expectNone(missed, twice, "writes executed twice");
        expectNone(missed, readErrors, "errors of reads");
        expectNone(missed, idleErrors, "errors of idle sessions");
        expectNone(missed, switchoverErrors, "errors of autocommit writes during switchovers");
        double[] resumed = sorted(true, DrillRun::resumeMillis);
        if (resumed.length > 0 && resumed[resumed.length - 1] > RESUME_MILLIS_MAX) {
            missed.add("writes resumed " + millis(resumed[resumed.length - 1]) + " ms after a server was writable");
        }
        double[] pauses = sorted(false, DrillRun::pauseMillis);
        if (pauses.length > 0 && at(pauses, TAIL) > PAUSE_MILLIS_MAX) {
            missed.add("a switchover paused writes for " + millis(at(pauses, TAIL)) + " ms at the 99th percentile");
        }
        return missed;
    }

    private static void expectNone(List<String> missed, int count, String what) {
        if (count > 0) {
            missed.add(count + " " + what);
        }
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, "%.0f", millis);
    }
}
