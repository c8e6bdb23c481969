package dev.sluice.server.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.drill.DrillRecord.Work;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class DrillReportTest {
    private final DrillRecord record = new DrillRecord();
    private final DrillReport report = new DrillReport();

    @Test
    void aRefusedSwitchoverIsAMissedTargetAndTheOtherRunsStillCount() {
        record.failed(Work.TRANSACTION, new SQLException("gone", "08S01", 1105));
        String line = report.add(new DrillRun(false, record.next(), 120, 0, 0, 0));

        assertThat(line).contains("switchover");
        assertThat(report.refused("it lags")).contains("refused: it lags");
        assertThat(report.missed()).containsExactly("1 switchovers refused");
        assertThat(report.summary())
                .anySatisfy(row -> assertThat(row).contains("switchover: pause", "120"))
                .anySatisfy(row -> assertThat(row).contains("1 x switchover: transaction 08S01/1105 gone"));
    }

    @Test
    void errorsThatDifferInNumbersAndAddressesAreOneKindAndOthersAreNot() {
        String lost =
                "The backend connection was lost; the statement may or may not have been executed: the connection to ";
        record.failed(Work.WRITE, new SQLException(lost + "127.0.0.1:21001 failed", "08S01", 1105));
        record.failed(Work.WRITE, new SQLException(lost + "127.0.0.1:9999 failed", "08S01", 1105));
        record.failed(Work.WRITE, new SQLException(lost + "127.0.0.1:21001 was closed", "08S01", 1105));

        assertThat(record.next().errors())
                .containsEntry("write 08S01/1105 " + lost + "host:port failed", 2)
                .containsEntry("write 08S01/1105 " + lost + "host:port was closed", 1)
                .hasSize(2);
    }
}
