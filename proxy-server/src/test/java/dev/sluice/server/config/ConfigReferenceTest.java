package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigReferenceTest {
    /** Rewrites the page instead of checking it: {@code mvn test -Dtest=ConfigReferenceTest -Dsluice.docs.write=true}. */
    private static final boolean WRITE = Boolean.getBoolean("sluice.docs.write");

    private static final Path PAGE = Path.of("..", "docs", "configuration.md");

    @Test
    void thePageInTheDocumentationIsTheOneTheCodeRenders() throws Exception {
        if (WRITE) {
            Files.writeString(PAGE, ConfigReference.markdown());
        }
        assertThat(PAGE).content().isEqualTo(ConfigReference.markdown());
    }

    @Test
    void eachSectionIsThereOnce() {
        assertThat(ConfigReference.markdown().lines().filter(line -> line.startsWith("## ")))
                .hasSizeGreaterThan(10)
                .doesNotHaveDuplicates();
    }

    @Test
    void theExampleOnThePageIsACompleteFile() throws Exception {
        String page = ConfigReference.markdown();
        String example =
                page.substring(page.indexOf("```yaml\n") + 8, page.indexOf("```\n", page.indexOf("```yaml\n")));

        SluiceConfig config = new ConfigLoader(Map.of("MONITOR_PASSWORD", "x")::get).parse(example, "f", Path.of("/"));

        assertThat(config.backends()).hasSize(3);
    }

    @Test
    void theTableHoldsEveryDeclaredKeyOnce() {
        long declared = Arrays.stream(ConfigKeys.class.getDeclaredFields())
                .filter(field -> field.getType() == ConfigKey.class && Modifier.isStatic(field.getModifiers()))
                .count();

        assertThat(ConfigKeys.all()).hasSize((int) declared).doesNotHaveDuplicates();
        assertThat(ConfigKeys.all().stream().map(ConfigKey::path)).doesNotHaveDuplicates();
    }

    @Test
    void everyKeyIsKebabCaseAndDescribedAndEveryDefaultIsItselfValid() {
        assertThat(ConfigKeys.all()).allSatisfy(key -> {
            assertThat(key.path()).matches("[a-z]+(-[a-z]+)*(\\[\\])?(\\.[a-z]+(-[a-z]+)*(\\[\\])?)*");
            assertThat(key.description()).endsWith(".");
            if (key.presence() == ConfigKey.Presence.DEFAULTED) {
                assertThat(key.defaultValue()).isNotNull();
            }
        });
    }
}
