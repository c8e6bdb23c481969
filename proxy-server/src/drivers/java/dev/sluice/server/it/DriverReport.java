package dev.sluice.server.it;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * What came of the tests of one driver, left in a file for {@link DriverTable}. Thread-safe: confined to the thread of the
 * tests.
 */
final class DriverReport implements TestWatcher, AfterAllCallback {
    private final String driver;
    private String version;
    private int passed;
    private int failed;
    private @Nullable String missing;

    /**
     * @param driver its name in the table
     * @param version what it says of itself, or nothing if only its own program can say it
     */
    DriverReport(String driver, String version) {
        this.driver = driver;
        this.version = version;
    }

    /** The version of the library of a class, by its manifest. */
    static String versionOf(Class<?> driver) {
        String version = driver.getPackage().getImplementationVersion();
        return version == null ? "?" : version;
    }

    void version(String found) {
        version = found;
    }

    /** Ends the tests of a driver that is not here. They count as skipped, with the reason. */
    void notInstalled(String what) {
        missing = what;
        abort("not installed: " + what);
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
        String result;
        if (missing != null) {
            result = "not installed: " + missing;
        } else if (broken.isPresent() || failed > 0 || passed == 0) {
            result = "FAILED, %d of %d passed".formatted(passed, passed + failed);
        } else {
            result = "passed, " + passed + (passed == 1 ? " conversation" : " conversations");
        }
        DriverTable.add(driver, version, result);
    }

    /** Where the files of the profile are. */
    static Path directory() throws IOException {
        return Files.createDirectories(Path.of("target", "drivers"));
    }
}
