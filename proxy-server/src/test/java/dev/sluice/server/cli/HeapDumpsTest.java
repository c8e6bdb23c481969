package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A heap dump has every password in it, and lies where nobody looks after it. */
class HeapDumpsTest {
    @ParameterizedTest
    @ValueSource(strings = {"../sluice", "../docker/Dockerfile", "../docker/compose.yaml", "../pom.xml", "pom.xml"})
    void areNotAskedFor(String file) throws IOException {
        assertThat(Files.readString(Path.of(file)))
                .doesNotContainIgnoringCase("HeapDump")
                .doesNotContain("CrashOnOutOfMemoryError");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../sluice", "../docker/Dockerfile"})
    void andTheProcessEndsInstead(String file) throws IOException {
        assertThat(Files.readString(Path.of(file))).contains("-XX:+ExitOnOutOfMemoryError");
    }
}
