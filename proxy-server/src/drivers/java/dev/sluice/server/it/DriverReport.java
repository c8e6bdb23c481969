package dev.sluice.server.it;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * What came of the tests of one driver, left in a file for {@link DriverTable}. Thread-safe: confined to the thread of the
 * tests.
 */
final class DriverReport implements TestWatcher, AfterAllCallback {
    /** Where the files of the profile are, in the module. */
    static final Path DIRECTORY = Path.of("target", "drivers");

    static final String SUFFIX = ".row";

    private static final Pattern JAR = Pattern.compile(".*?-(\\d.*)\\.jar");

    private final String driver;
    private final String from;
    private final String what;
    private String version = "?";
    private int passed;
    private int failed;
    private @Nullable String missing;

    /**
     * @param driver its name in the table
     * @param from where it comes from, as in {@link DriverRow}
     * @param what the tests do with it
     */
    DriverReport(String driver, String from, String what) {
        this.driver = driver;
        this.from = from;
        this.what = what;
    }

    /** The version is that of the jars that these classes were loaded from. */
    DriverReport of(Class<?>... classes) {
        version = Stream.of(classes).map(DriverReport::versionOf).collect(Collectors.joining(DriverRow.JOINED));
        return this;
    }

    /** By the name of the jar: not every manifest tells. */
    private static String versionOf(Class<?> library) {
        CodeSource source = library.getProtectionDomain().getCodeSource();
        Matcher jar = JAR.matcher(
                Path.of(source.getLocation().getPath()).getFileName().toString());
        return jar.matches() ? jar.group(1) : "?";
    }

    void version(String found) {
        version = found;
    }

    /** Ends the tests of a driver that is not here. They count as skipped, with the reason, which is told aloud. */
    void notInstalled(String needed) {
        missing = needed;
        System.getLogger(DriverReport.class.getName())
                .log(System.Logger.Level.WARNING, "NOT RUN: {0}, because this is not installed: {1}", driver, needed);
        abort("NOT RUN, not installed: " + needed);
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        passed++;
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        failed++;
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        Optional<Throwable> broken = context.getExecutionException();
        String result = DriverRow.ran(passed, failed);
        if (missing != null) {
            result = DriverRow.notRun("not installed: " + missing);
        } else if (broken.isPresent()) {
            result = DriverRow.ran(passed, failed + 1);
        }
        String name = driver.replaceAll("[^A-Za-z0-9]+", "-") + SUFFIX;
        Files.writeString(directory().resolve(name), new DriverRow(driver, from, version, what, result).line());
    }

    /** Where the files of the profile are, made if need be. */
    static Path directory() throws IOException {
        return Files.createDirectories(DIRECTORY);
    }
}
