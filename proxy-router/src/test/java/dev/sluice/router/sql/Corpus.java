package dev.sluice.router.sql;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads classifier-corpus.txt; the file's head describes its format. Immutable. */
final class Corpus {
    private static final Pattern LINE = Pattern.compile("([RP]) +([a-z_]+) +(?:\\[([a-z0-9_,]+)] +)?(.*)");

    private Corpus() {}

    /**
     * One line.
     *
     * @param line its number, for messages
     * @param target where the statement must go
     * @param reason why
     * @param mode the lexical mode it is read in
     * @param statement its bytes
     * @param text how the file writes it
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and nobody writes into it
    record Case(int line, Target target, RouteReason reason, LexicalMode mode, byte[] statement, String text) {
        @Override
        public String toString() {
            return line + ": " + text;
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        List<String> lines = lines();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isBlank() && !line.startsWith("#")) {
                cases.add(parse(i + 1, line));
            }
        }
        return cases;
    }

    private static List<String> lines() {
        try (InputStream in = Corpus.class.getResourceAsStream("/classifier-corpus.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Case parse(int number, String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("line " + number + " of the corpus is malformed: " + line);
        }
        Target target = matcher.group(1).equals("R") ? Target.REPLICA : Target.PRIMARY;
        RouteReason reason = RouteReason.valueOf(matcher.group(2).toUpperCase(Locale.ROOT));
        return new Case(number, target, reason, mode(matcher.group(3)), unescape(matcher.group(4)), line);
    }

    private static LexicalMode mode(String flags) {
        boolean ansiQuotes = false;
        boolean noBackslashEscapes = false;
        boolean ignoreSpace = false;
        LexicalCharset charset = LexicalCharset.UTF8;
        for (String flag : flags == null ? new String[0] : flags.split(",", -1)) {
            switch (flag) {
                case "ansi_quotes" -> ansiQuotes = true;
                case "no_backslash_escapes" -> noBackslashEscapes = true;
                case "ignore_space" -> ignoreSpace = true;
                default -> charset = LexicalCharset.of(flag);
            }
        }
        return LexicalMode.of(ansiQuotes, noBackslashEscapes, ignoreSpace, charset);
    }

    private static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                int codePoint = text.codePointAt(i);
                bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(codePoint) - 1;
                continue;
            }
            char escape = text.charAt(++i);
            switch (escape) {
                case 'n' -> bytes.write('\n');
                case 't' -> bytes.write('\t');
                case 'r' -> bytes.write('\r');
                case '0' -> bytes.write(0);
                case '\\' -> bytes.write('\\');
                case 'x' -> {
                    bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                default -> throw new IllegalArgumentException("unknown escape \\" + escape + " in " + text);
            }
        }
        return bytes.toByteArray();
    }
}
