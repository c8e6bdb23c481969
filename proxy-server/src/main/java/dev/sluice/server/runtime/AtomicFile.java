package dev.sluice.server.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Replaces the content of a file so that a crash at any moment leaves the old content or the new, never a mixture. Functions
 * only; two writers of one file have to agree among themselves.
 */
final class AtomicFile {
    private AtomicFile() {}

    /** Where the new content is while it is not complete; what a crash leaves there is overwritten by the next write. */
    static Path unfinished(Path file) {
        return file.resolveSibling(file.getFileName() + ".new");
    }

    /**
     * Returns when the new content will survive a crash of the machine.
     *
     * @throws IOException if it could not be written; the old content is there then
     */
    static void write(Path file, byte[] content) throws IOException {
        Path unfinished = unfinished(file);
        // The rename is an entry of the directory, which has to reach the disk as well: opened before anything has
        // changed,
        // because a descriptor may be what is missing.
        try (FileChannel directory = FileChannel.open(directory(file), StandardOpenOption.READ)) {
            try {
                writeUnfinished(unfinished, content);
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                remove(unfinished, e);
                throw e;
            }
            directory.force(true);
        }
    }

    private static void writeUnfinished(Path unfinished, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                int unused = channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** What is of no use takes no room on a disk that is full. */
    private static void remove(Path unfinished, IOException why) {
        try {
            boolean unused = Files.deleteIfExists(unfinished);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private static Path directory(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        return directory == null ? file.toAbsolutePath() : directory;
    }
}
