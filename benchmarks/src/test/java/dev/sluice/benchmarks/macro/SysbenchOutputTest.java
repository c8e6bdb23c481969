package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.cli.CommandFailure;
import org.junit.jupiter.api.Test;

/** What is understood of a report of sysbench 1.0.20. */
class SysbenchOutputTest {
    private static final String REPORT = """
            sysbench 1.0.20 (using system LuaJIT 2.1.0-beta3)

            Running the test with following options:
            Number of threads: 8

            Initializing worker threads...

            Threads started!

            Latency histogram (values are in milliseconds)
                   value  ------------- distribution ------------- count
                   0.100 |****                                     50
                   0.200 |****************************************  45
                   0.400 |*                                        4
                   9.900 |                                         1

            SQL statistics:
                queries performed:
                    read:                            100
                    write:                           0
                    total:                           100
                transactions:                        100    (50.00 per sec.)
                queries:                             100    (50.00 per sec.)
                ignored errors:                      0      (0.00 per sec.)

            General statistics:
                total time:                          2.0005s
                total number of events:              100

            Latency (ms):
                     min:                                    0.08
                     avg:                                    0.15
                     max:                                    9.90
            """;

    @Test
    void figuresAndPercentilesComeFromTheReport() throws CommandFailure {
        SysbenchOutput output = new SysbenchOutput();
        REPORT.lines().forEach(output::add);

        LoadResult result = output.result();

        assertThat(result).isEqualTo(new LoadResult(100, 2.0005, new Latency(150, 100, 200, 400)));
    }

    @Test
    void theMeasuredTimeLiesBetweenTwoOfItsLines() {
        assertThat(REPORT.lines().filter(SysbenchOutput::isStart)).containsExactly("Threads started!");
        assertThat(REPORT.lines().filter(SysbenchOutput::isEnd).findFirst())
                .contains("Latency histogram (values are in milliseconds)");
    }

    @Test
    void aRunThatFailedSaysWhy() {
        SysbenchOutput output = new SysbenchOutput();
        output.add("Threads started!");
        output.add("FATAL: mysql_drv_query() returned error 1045 (Access denied)");
        output.add("bye");

        assertThatThrownBy(output::result).isInstanceOf(CommandFailure.class).hasMessageContaining("Access denied");
    }
}
