package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The list of licences that ships, compared with what ships. */
class ThirdPartyLicencesTest {
    private static final Path LIST = Path.of("src/main/distribution/THIRD-PARTY.txt");
    /** Written by the build: the resolved dependencies that the distribution holds. */
    private static final Path SHIPPED = Path.of("target/runtime-dependencies.txt");

    private static final Pattern RESOLVED = Pattern.compile(
            "^\\s*([\\w.-]+):([\\w.-]+):jar:(?:linux-x86_64:)?([\\w.-]+):(?:compile|runtime)\\b", Pattern.MULTILINE);
    private static final Pattern LISTED =
            Pattern.compile("^([\\w.-]+):([\\w.-]+) +([\\w.-]+) +(\\S.*)$", Pattern.MULTILINE);

    @Test
    void everyJarOfTheDistributionIsListedWithItsVersionAndNothingElseIs() throws IOException {
        List<String> shipped = matches(RESOLVED, SHIPPED);

        assertThat(shipped).hasSizeGreaterThan(20);
        assertThat(matches(LISTED, LIST)).containsExactlyInAnyOrderElementsOf(shipped);
    }

    @Test
    void theListNamesALicenceForEachAndExplainsTheOneThatIsNotPermissive() throws IOException {
        String text = Files.readString(LIST);

        assertThat(LISTED.matcher(text).results().map(match -> match.group(4)))
                .allMatch(licence -> licence.matches(
                        "Apache-2\\.0.*|MIT.*|Bouncy Castle Licence.*|EPL-2\\.0.*|BSD-2-Clause.*|GPL-2\\.0.*"));
        assertThat(text).contains("Universal FOSS Exception, Version 1.0");
    }

    private static List<String> matches(Pattern pattern, Path file) throws IOException {
        return pattern.matcher(Files.readString(file))
                .results()
                .map(match -> match.group(1) + ":" + match.group(2) + ":" + match.group(3))
                .toList();
    }
}
