package dev.sluice.benchmarks.macro;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs that may or may not be installed. Thread-safe: functions without state. */
final class Executables {
    private Executables() {}

    /** The program of that name on the PATH or in the directories of daemons, which a user's PATH often lacks. */
    static Optional<Path> find(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(Stream.of(path.split(File.pathSeparator, -1)), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /** The first line that a program prints, such as its version. */
    static String firstLine(Path program, String argument) throws IOException {
        Process process = new ProcessBuilder(program.toString(), argument)
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader()) {
            return String.valueOf(output.readLine()).trim();
        } finally {
            process.destroy();
        }
    }
}
