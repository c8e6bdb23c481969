package dev.sluice.server.tls;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A directory of files that are made once and reused by every later start. The files are written into a temporary
 * directory beside it, which is then renamed: a crash leaves all of them or none, and of two processes that start
 * together one wins and both use its files. Immutable.
 */
final class GeneratedFiles {
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private GeneratedFiles() {}

    /** Makes the directory's files if it does not exist: names to texts. */
    static void makeOnce(Path directory, Callable<Map<String, String>> files) throws TlsException {
        if (Files.isDirectory(directory)) {
            return;
        }
        @Nullable Path temporary = null;
        try {
            Path parent = directory.toAbsolutePath().getParent();
            Files.createDirectories(parent, OWNER_DIRECTORY);
            // What takes its time comes first: a process that is ended meanwhile leaves nothing behind.
            Map<String, String> made = files.call();
            temporary = Files.createTempDirectory(parent, ".new-", OWNER_DIRECTORY);
            write(temporary, made);
            Files.move(temporary, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            remove(temporary);
            // If it exists now, another process was faster and its files are as good.
            if (!Files.isDirectory(directory)) {
                throw new TlsException(
                        directory + " cannot be made: " + reason(e)
                                + "; set state-dir to a directory that this user may write",
                        e);
            }
        } catch (TlsException e) {
            remove(temporary);
            throw e;
        } catch (Exception e) {
            remove(temporary);
            throw new TlsException(directory + " cannot be made: " + e.getMessage(), e);
        }
    }

    /** Writes one file that only its owner may read, over an older one if need be. */
    static void write(Path file, byte[] bytes) throws TlsException {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent(), OWNER_DIRECTORY);
            Files.deleteIfExists(file);
            Files.createFile(file, OWNER_FILE);
            Files.write(file, bytes, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new TlsException(
                    file + " cannot be written: " + reason(e)
                            + "; set state-dir to a directory that this user may write",
                    e);
        }
    }

    private static void write(Path directory, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = Files.createFile(directory.resolve(file.getKey()), OWNER_FILE);
            Files.writeString(path, file.getValue(), StandardOpenOption.WRITE, StandardOpenOption.SYNC);
        }
    }

    private static void remove(@Nullable Path temporary) throws TlsException {
        if (temporary == null || !Files.exists(temporary)) {
            return;
        }
        try (var files = Files.newDirectoryStream(temporary)) {
            for (Path file : files) {
                Files.delete(file);
            }
            Files.delete(temporary);
        } catch (IOException e) {
            throw new TlsException(temporary + " is left over and cannot be removed; remove it", e);
        }
    }

    private static String reason(IOException e) {
        String type = e.getClass().getSimpleName().replace("Exception", "");
        boolean explained = e instanceof FileSystemException failure && failure.getReason() != null;
        return explained ? String.valueOf(((FileSystemException) e).getReason()) : type;
    }
}
