package dev.sluice.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The checkout that these tests run in, as files. Immutable. */
final class SourceTree {
    /** The top of the checkout; tests run in the directory of their module. */
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private SourceTree() {}

    /** Every Java file below a directory, sorted; build output is left out. */
    static List<Path> javaFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !ROOT.relativize(file).toString().contains("target/"))
                    .sorted()
                    .toList();
        }
    }

    /** The main sources of a package in this module. */
    static Path serverPackage(String name) {
        return ROOT.resolve("proxy-server/src/main/java/dev/sluice/server").resolve(name);
    }

    /** The documentation in Markdown. */
    static List<Path> markdownFiles() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
        for (String directory : List.of("docs", "docker")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(directory))) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
            }
        }
        return pages;
    }
}
