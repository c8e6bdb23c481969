package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/compatibility.md} knows every difference that the comparison allows, and every error of Sluice's own. */
class CompatibilityPageTest {
    private static final Path PAGE = Path.of("..", "docs", "compatibility.md");
    private static final Path SOURCES = Path.of("src", "main", "java", "dev", "sluice", "server");
    private static final Pattern ERROR_CODE = Pattern.compile("ErrorCode\\.([A-Z_]+)");
    private static final Pattern NUMBER = Pattern.compile("\\b[0-9]{4}\\b");

    @Test
    void everyDifferenceThatIsAllowedHasARow() throws IOException {
        List<String> lines = Files.readAllLines(PAGE);
        for (KnownDifferences.Rule rule : KnownDifferences.Rule.values()) {
            assertThat(lines).as("%s", rule).anyMatch(line -> line.startsWith("| " + rule.row()));
        }
    }

    @Test
    void everyErrorThatClientsMayGetFromSluiceHasARow() throws IOException {
        List<String> numbers = new ArrayList<>();
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf("## Errors of Sluice's own"), page.indexOf("## Not compared"));
        table.lines().filter(line -> line.startsWith("| ")).forEach(line -> {
            Matcher number = NUMBER.matcher(line.substring(0, line.indexOf(" |", 2)));
            while (number.find()) {
                numbers.add(number.group());
            }
        });
        for (String part : List.of("session", "frontend", "auth")) {
            try (Stream<Path> files = Files.walk(SOURCES.resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Matcher code = ERROR_CODE.matcher(Files.readString(file));
                    while (code.find()) {
                        int number = ErrorCode.valueOf(code.group(1)).code();
                        assertThat(numbers)
                                .as("%s in %s", code.group(1), file.getFileName())
                                .contains(String.valueOf(number));
                    }
                }
            }
        }
    }
}
