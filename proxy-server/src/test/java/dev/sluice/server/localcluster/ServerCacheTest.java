package dev.sluice.server.localcluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCacheTest {
    private final AtomicInteger fills = new AtomicInteger();

    @TempDir
    private Path root;

    @Test
    void anEntryIsFilledOnceWhenManyAskAtOnce() {
        ServerCache cache = new ServerCache(root);
        List<CompletableFuture<Path>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(CompletableFuture.supplyAsync(() -> cache.entry("a/b", ProgressListener.silent(), this::fill)));
        }

        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().resolve("file")).hasContent("content"));
        assertThat(fills).hasValue(1);
    }

    @Test
    void anEntryWhoseFillingFailedIsAbsentAndFilledAgain() {
        ServerCache cache = new ServerCache(root);

        assertThatThrownBy(() -> cache.entry("a", ProgressListener.silent(), directory -> {
                    Files.writeString(directory.resolve("half"), "");
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(LocalClusterException.class)
                .hasMessageContaining("is full: free about 1 GB");
        assertThat(root.resolve("a")).doesNotExist();
        assertThat(root.resolve("a.unfinished")).doesNotExist();

        assertThat(cache.entry("a", ProgressListener.silent(), this::fill).resolve("half"))
                .doesNotExist();
        assertThat(fills).hasValue(1);
    }

    @Test
    void whatAProcessThatDiedLeftUnfinishedIsThrownAway() throws IOException {
        Files.createDirectories(root.resolve("a.unfinished"));
        Files.writeString(root.resolve("a.unfinished").resolve("half"), "");

        Path entry = new ServerCache(root).entry("a", ProgressListener.silent(), this::fill);

        assertThat(entry.resolve("half")).doesNotExist();
        assertThat(entry.resolve("file")).exists();
    }

    private void fill(Path directory) throws IOException {
        fills.incrementAndGet();
        Files.writeString(directory.resolve("file"), "content");
    }
}
