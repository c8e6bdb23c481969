package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of classes of which the launcher and the image make their archives, and a start in front of real servers. */
class StartClassesIT {
    private static final Path LIST = Path.of("src/main/distribution/start-classes.lst");

    /**
     * Rewrites the list instead of checking it: {@code mvn verify -pl proxy-server -am -Dit.test=StartClassesIT
     * -Dsluice.docs.write=true -Dfailsafe.failIfNoSpecifiedTests=false}.
     */
    private static final boolean WRITE = Boolean.getBoolean("sluice.docs.write");

    private static final Set<String> OF_THE_JDK =
            Set.of("java", "javax", "jdk", "sun", "com/sun", "org/xml", "org/w3c");

    /** What comes and goes with a release, and what another order of threads loads; more is slower than it has to be. */
    private static final double UNLISTED_MAX = 0.03;

    private static Set<String> classes(List<String> list) {
        return list.stream()
                .filter(line -> !line.startsWith("#") && !line.startsWith("@"))
                .map(line -> line.split(" ", 2)[0])
                .filter(name -> OF_THE_JDK.stream().noneMatch(prefix -> name.startsWith(prefix + "/")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What a server loads until it has answered its first client, as the JVM writes it down. */
    private static List<String> start() throws IOException, InterruptedException {
        Path directory = Servers.mysql().directory();
        // The classes that are installed, which no class of a test is among.
        String jars;
        try (Stream<Path> lib = Files.list(Path.of("target/distribution/lib"))) {
            jars = lib.map(jar -> jar.toAbsolutePath().toString()).collect(Collectors.joining(":"));
        }
        String name = "start-classes";
        // The very first start makes keys, with classes that no other start should need.
        try (SluiceProcess first = SluiceProcess.startWith(jars, Servers.mysql(), name, "")) {
            assertThat(first.stop()).isTrue();
        }
        Path loaded = directory.resolve("start-classes.lst");
        try (SluiceProcess sluice = SluiceProcess.startWith(
                jars, Servers.mysql(), name, "", "-Xshare:off", "-XX:DumpLoadedClassList=" + loaded)) {
            assertThat(sluice.stop()).isTrue();
        }
        return Files.readAllLines(loaded).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }

    @Test
    void whatAStartLoadsIsInTheListOfTheArchive() throws Exception {
        List<String> loaded = start();
        if (WRITE) {
            Files.writeString(LIST, "# Written by StartClassesIT.\n");
            Files.write(LIST, loaded, StandardOpenOption.APPEND);
        }
        Set<String> classes = classes(loaded);
        Set<String> unlisted = new TreeSet<>(classes);
        unlisted.removeAll(classes(Files.readAllLines(LIST)));
        assertThat(classes).hasSizeGreaterThan(1000).noneMatch(name -> name.startsWith("org/bouncycastle/"));
        assertThat(unlisted)
                .as(
                        "classes that a start loads and %s does not name; the comment in this test says how to write it",
                        LIST)
                .hasSizeLessThan((int) (classes.size() * UNLISTED_MAX));
    }
}
