package dev.sluice.protocol.testing;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Bytes that a real server sent, read from {@code src/test/resources/captures}: comment lines, then lines of a keyword and
 * its value; the hexadecimal values of equal keywords follow each other. Immutable.
 *
 * @param name the server's folder and the file's name
 * @param comments without the leading {@code #}; the first names the server and how it was recorded
 * @param values by keyword
 */
public record GoldenCapture(String name, List<String> comments, Map<String, String> values) {
    /** Folders of recorded servers. */
    public static final List<String> SERVERS = List.of("mysql-8.0.31", "mariadb-10.11.19");

    /** One capture by server and name. */
    public static GoldenCapture of(String server, String name) {
        String path = "/captures/" + server + "/" + name + ".txt";
        try (InputStream in = GoldenCapture.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalArgumentException("no capture " + path);
            }
            return parse(server + "/" + name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All captures that have the keyword. */
    public static Stream<GoldenCapture> allWith(String keyword) {
        return SERVERS.stream()
                .flatMap(server -> names(server).stream().map(name -> of(server, name)))
                .filter(capture -> capture.values.containsKey(keyword));
    }

    private static List<String> names(String server) {
        String folder = "/captures/" + server;
        try {
            URI location = requireNonNull(GoldenCapture.class.getResource(folder), folder)
                    .toURI();
            if (!location.getScheme().equals("jar")) {
                return names(Path.of(location));
            }
            try (FileSystem jar = FileSystems.newFileSystem(location, Map.of())) {
                return names(jar.getPath(folder));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString().replace(".txt", ""))
                    .sorted()
                    .toList();
        }
    }

    private static GoldenCapture parse(String name, String text) {
        List<String> comments = text.lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.substring(1).strip())
                .toList();
        Map<String, String> values = new LinkedHashMap<>();
        text.lines().filter(line -> !line.startsWith("#") && !line.isBlank()).forEach(line -> {
            int blank = line.indexOf(' ');
            values.merge(line.substring(0, blank), line.substring(blank + 1), String::concat);
        });
        return new GoldenCapture(name, comments, values);
    }

    /** The value as text. */
    public String text(String keyword) {
        String value = values.get(keyword);
        if (value == null) {
            throw new IllegalArgumentException(name + " has no " + keyword);
        }
        return value;
    }

    /** The value as bytes. */
    public byte[] bytes(String keyword) {
        return Hex.bytes(text(keyword));
    }

    /** Whether there is such a value. */
    public boolean has(String keyword) {
        return values.containsKey(keyword);
    }

    /** The answer to a kind of client, of whatever shape; no bytes if there is no answer. */
    public byte[] reply(ClientForm form) {
        if (has("silence")) {
            return new byte[0];
        }
        return bytes(text("shape").equals("AUTH") ? "auth-" + form.keyword() : form.keyword());
    }

    /** What the answer to a kind of client is made of. */
    public Set<ReplyKind> kinds(ClientForm form) {
        try {
            ByteArrayInputStream in = new ByteArrayInputStream(reply(form));
            Set<ReplyKind> kinds = new ReplyReader(in, form.deprecatesEof(), ReplyReader.Client.none())
                    .read(text("shape"))
                    .kinds();
            if (in.available() > 0) {
                throw new IllegalStateException(name + ": " + in.available() + " bytes behind the answer");
            }
            return kinds;
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    /** The payload of a value that is one packet. */
    public byte[] payload(String keyword) {
        byte[] packet = bytes(keyword);
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.write(packet, 4, packet.length - 4);
        return payload.toByteArray();
    }

    @Override
    public String toString() {
        return name;
    }
}
