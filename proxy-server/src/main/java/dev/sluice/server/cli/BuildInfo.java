package dev.sluice.server.cli;

import dev.sluice.server.logging.JsonWriter;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What this build is and what it runs on. Immutable.
 *
 * @param version version of the product
 * @param commit commit it was built from, or {@code unknown}
 * @param jdk version of the Java runtime
 * @param transport {@code epoll} where its native library loads, else {@code nio}
 */
public record BuildInfo(String version, String commit, String jdk, String transport) {
    private static final String RESOURCE = "build.properties";

    /** Reads what the build has recorded. */
    public static BuildInfo current() {
        Properties properties = new Properties();
        try (@Nullable InputStream in = BuildInfo.class.getResourceAsStream(RESOURCE)) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new IllegalStateException(RESOURCE + " in the jar cannot be read", e);
        }
        return new BuildInfo(
                properties.getProperty("version", "unknown"),
                properties.getProperty("commit", "unknown"),
                Runtime.version().toString(),
                Epoll.isAvailable() ? "epoll" : "nio");
    }

    /** One line for a person. */
    public String text() {
        return "sluice " + version + " (commit " + commit + ", JDK " + jdk + ", transport " + transport + ")";
    }

    /** One JSON object on one line. */
    public String json() {
        StringBuilder text = new StringBuilder();
        new JsonWriter(text)
                .beginObject()
                .field("version", version)
                .field("commit", commit)
                .field("jdk", jdk)
                .field("transport", transport)
                .endObject();
        return text.toString();
    }
}
