package dev.sluice.server.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of the classifier's corpus, for tests that ask a real server about it. Immutable.
 *
 * @param read whether the line says that a replica may run it
 * @param sqlModes what it adds to the sql_mode, with commas
 * @param charset the client's character set
 * @param statement its bytes
 * @param text the line
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and nobody writes into it
record CorpusLine(boolean read, String sqlModes, String charset, byte[] statement, String text) {
    private static final Path CORPUS = Path.of("../proxy-router/src/test/resources/classifier-corpus.txt");
    private static final Pattern LINE = Pattern.compile("([RP]) +([a-z_]+) +(?:\\[([a-z0-9_,]+)] +)?(.*)");

    static List<CorpusLine> all() throws IOException {
        List<CorpusLine> lines = new ArrayList<>();
        for (String line : Files.readAllLines(CORPUS, StandardCharsets.UTF_8)) {
            Matcher matcher = LINE.matcher(line);
            if (!line.startsWith("#") && matcher.matches()) {
                lines.add(of(matcher));
            }
        }
        return lines;
    }

    private static CorpusLine of(Matcher line) {
        String modes = line.group(3);
        List<String> sqlModes = new ArrayList<>();
        String charset = "utf8mb4";
        for (String mode : modes == null ? new String[0] : modes.split(",", -1)) {
            if (Set.of("ansi_quotes", "no_backslash_escapes", "ignore_space").contains(mode)) {
                sqlModes.add(mode);
            } else {
                charset = mode;
            }
        }
        boolean read = line.group(1).equals("R");
        return new CorpusLine(read, String.join(",", sqlModes), charset, unescape(line.group(4)), line.group());
    }

    private static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int i = 0;
        while (i < text.length()) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            if (codePoint != '\\') {
                bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
                continue;
            }
            char escape = text.charAt(i++);
            if (escape == 'x') {
                bytes.write(Integer.parseInt(text.substring(i, i + 2), 16));
                i += 2;
            } else {
                int index = "ntr0\\".indexOf(escape);
                if (index < 0) {
                    throw new IllegalArgumentException("escape in " + text);
                }
                bytes.write("\n\t\r\0\\".charAt(index));
            }
        }
        return bytes.toByteArray();
    }
}
