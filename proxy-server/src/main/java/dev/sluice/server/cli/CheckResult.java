package dev.sluice.server.cli;

import dev.sluice.router.session.Consistency;
import dev.sluice.server.config.SluiceConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code check} concludes from the reports of all backends. Immutable.
 *
 * @param reports in the order of the file
 * @param wrong what keeps Sluice from doing its job
 * @param notes what is lost but may be meant
 */
record CheckResult(List<BackendReport> reports, List<String> wrong, List<String> notes) {
    CheckResult {
        reports = List.copyOf(reports);
        wrong = List.copyOf(wrong);
        notes = List.copyOf(notes);
    }

    static CheckResult of(SluiceConfig config, List<BackendReport> reports) {
        List<String> wrong = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Map<Long, BackendReport> serverIds = new HashMap<>();
        for (BackendReport report : reports) {
            report.failure().ifPresent(failure -> wrong.add(report.address() + ": " + failure));
            report.missing().forEach(grant -> (grant.needed() ? wrong : notes).add(report.address() + ": " + grant));
            report.facts().ifPresent(facts -> {
                concludeServer(config, report, facts, wrong, notes);
                @Nullable BackendReport other = serverIds.putIfAbsent(facts.serverId(), report);
                if (other != null) {
                    wrong.add(report.address() + ": server_id " + facts.serverId() + " is also that of "
                            + other.address() + "; they are the same server or cannot replicate");
                }
            });
        }
        concludePrimary(reports, wrong);
        return new CheckResult(reports, wrong, notes);
    }

    private static void concludeServer(
            SluiceConfig config,
            BackendReport report,
            BackendReport.Facts facts,
            List<String> wrong,
            List<String> notes) {
        String address = report.address() + ": ";
        Optional<BackendReport.Replication> replication = facts.replication();
        facts.group()
                .filter(group -> !group.inStep())
                .ifPresent(group -> wrong.add(
                        address + "is " + group.role() + " and not in step with its group; it will take no statement"));
        boolean alone = replication.isEmpty() && facts.group().isEmpty();
        if (facts.readOnly() && alone && !report.hidesReplication()) {
            wrong.add(address + "is read-only but replicates from nowhere; it will take no reads");
        }
        replication.ifPresent(status -> {
            if (!status.running()) {
                wrong.add(address + "replication from " + status.source() + " is not running");
            } else if (status.lag().isEmpty()) {
                wrong.add(address + "replication lag is unknown, so it takes no reads");
            } else if (status.lag().orElseThrow().compareTo(config.monitor().maxLag()) > 0) {
                wrong.add(address + "is " + status.lag().orElseThrow().toSeconds()
                        + "s behind, more than monitor.max-lag");
            }
        });
        if (config.routing().consistency().mode() != Consistency.NONE
                && facts.gtidMode().startsWith("OFF")) {
            notes.add(address + "gtid_mode is " + facts.gtidMode()
                    + "; after a write a session's reads go to the primary");
        }
    }

    private static void concludePrimary(List<BackendReport> reports, List<String> wrong) {
        // Members of one group that all take writes are no contradiction: Sluice writes to one of them.
        long writable = reports.stream()
                .filter(BackendReport::writable)
                .map(CheckResult::groupOrSelf)
                .distinct()
                .count();
        if (writable == 0) {
            wrong.add("no writable server was found; writes will fail");
        } else if (writable > 1) {
            wrong.add(writable + " servers are writable; set read_only on all but the primary");
        }
    }

    private static String groupOrSelf(BackendReport report) {
        return report.facts()
                .flatMap(BackendReport.Facts::group)
                .map(group -> "group " + group.name())
                .orElse(report.address().toString());
    }

    long writableServers() {
        return reports.stream().filter(BackendReport::writable).count();
    }
}
