package dev.sluice.server.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a file has changed. It asks for its time and size, because no other way works on every kind of volume that
 * configuration is mounted from. Thread-safe: it runs on a thread of its own.
 */
public final class FileWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Path file;
    private final Runnable changed;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread watcher = new Thread(task, "sluice-config-watch");
        watcher.setDaemon(true);
        return watcher;
    });
    private @Nullable Look applied;
    private @Nullable Look last;

    /** Immutable. */
    private record Look(FileTime time, long size, @Nullable Object key) {}

    /** @param changed called on the watcher's thread; once for each change, when the file has come to rest */
    public FileWatch(Path file, Runnable changed) {
        this.file = file;
        this.changed = changed;
        this.applied = look();
        this.last = applied;
    }

    /** Begins. */
    public void start() {
        var unused = thread.scheduleWithFixedDelay(
                this::check, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** A file that still changes from look to look is still being written. */
    void check() {
        Look now = look();
        boolean resting = now != null && now.equals(last) && !now.equals(applied);
        last = now;
        if (resting) {
            applied = now;
            changed.run();
        }
    }

    private @Nullable Look look() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Look(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            // It may be in the middle of being replaced; that it is gone for good is said when somebody wants it read.
            return null;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
