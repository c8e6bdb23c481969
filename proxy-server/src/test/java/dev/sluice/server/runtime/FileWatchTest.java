package dev.sluice.server.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWatchTest {
    @TempDir
    private Path directory = Path.of("replaced by JUnit");

    @Test
    void aChangeIsToldOnceWhenTheFileHasComeToRest() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        AtomicInteger changes = new AtomicInteger();
        try (FileWatch watch = new FileWatch(file, changes::incrementAndGet)) {
            watch.check();
            watch.check();
            assertThat(changes).hasValue(0);
            Files.writeString(file, "on");
            watch.check();
            Files.writeString(file, "one and more");
            watch.check();
            assertThat(changes).as("still being written").hasValue(0);
            watch.check();
            assertThat(changes).hasValue(1);
            watch.check();
            assertThat(changes).hasValue(1);
        }
    }

    @Test
    void aFileOfTheSameSizeIsSeenByItsTimeAndAMissingOneIsWaitedFor() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        AtomicInteger changes = new AtomicInteger();
        try (FileWatch watch = new FileWatch(file, changes::incrementAndGet)) {
            Files.delete(file);
            watch.check();
            watch.check();
            assertThat(changes).hasValue(0);
            Files.writeString(file, "two");
            Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
            watch.check();
            watch.check();
            assertThat(changes).hasValue(1);
        }
    }
}
