package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command line of the drill; what cannot be done is refused before a server is started. */
class DrillCommandTest {
    @ParameterizedTest
    @CsvSource({"--runs,-3,0", "--switchovers,-1,0", "--clients,1,4", "--clients,-1,4"})
    void aNumberThatIsTooSmallIsWrongUsage(String option, String value, int min) {
        StringWriter err = new StringWriter();

        int code = new CommandLine(new DrillCommand())
                .setErr(new PrintWriter(err))
                .execute("--flavor", "no-such-server", option + "=" + value);

        assertThat(code).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains("Invalid value for option '" + option + "': " + value + " is less than " + min);
    }
}
