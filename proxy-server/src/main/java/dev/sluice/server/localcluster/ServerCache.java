package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The per-user directory that keeps unpacked servers and initialised data directories between runs.
 *
 * <p>An entry is a directory that is either absent or complete: it is filled under a temporary name and renamed in one
 * step. Two processes that want the same missing entry take turns by a lock file; the lock ends with its process.
 *
 * <p>Thread-safe: entries are made under a lock per entry, between threads and between processes.
 */
public final class ServerCache {
    private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

    private final Path root;

    /** Uses the given directory, which is created when it is first needed. */
    public ServerCache(Path root) {
        this.root = root.toAbsolutePath();
    }

    /** The user's cache: {@code $XDG_CACHE_HOME/sluice}, else {@code ~/.cache/sluice}. */
    public static ServerCache perUser() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path caches = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return new ServerCache(caches.resolve("sluice"));
    }

    /** Fills a new, empty directory with the content of an entry. */
    @FunctionalInterface
    interface Filler {
        void fill(Path directory) throws IOException;
    }

    /**
     * The directory of an entry, made by the filler when it is missing.
     *
     * @param name a relative path, which is also the entry's identity
     * @throws LocalClusterException when the cache cannot be written
     */
    Path entry(String name, ProgressListener progress, Filler filler) {
        Path entry = root.resolve(name);
        if (Files.isDirectory(entry)) {
            return entry;
        }
        ReentrantLock threads = LOCKS.computeIfAbsent(entry, path -> new ReentrantLock());
        threads.lock();
        try {
            Files.createDirectories(entry.getParent());
            Path lockFile = entry.resolveSibling(entry.getFileName() + ".lock");
            try (FileChannel channel =
                    FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                // Closing the channel ends the lock.
                lock(channel, name, progress);
                if (!Files.isDirectory(entry)) {
                    fill(entry, filler);
                }
                return entry;
            }
        } catch (IOException e) {
            throw LocalClusterException.io("write", entry, e);
        } finally {
            threads.unlock();
        }
    }

    private static void lock(FileChannel channel, String name, ProgressListener progress) throws IOException {
        if (channel.tryLock() == null) {
            progress.progress("Waiting for another process that is preparing " + name + " ...");
            channel.lock();
        }
    }

    private static void fill(Path entry, Filler filler) throws IOException {
        // Nobody else has the lock, so whatever is there was left by a process that died.
        Path unfinished = entry.resolveSibling(entry.getFileName() + ".unfinished");
        Directories.delete(unfinished);
        Files.createDirectory(unfinished);
        try {
            filler.fill(unfinished);
            Files.move(unfinished, entry, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Directories.delete(unfinished);
        }
    }
}
