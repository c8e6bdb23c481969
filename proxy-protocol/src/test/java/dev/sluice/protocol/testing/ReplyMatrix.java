package dev.sluice.protocol.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The table of commands and replies in {@code captures/matrix.txt}. Immutable.
 *
 * @param cells row by row
 * @param reasons why something does not occur, by the letter in the table
 * @param only why something was recorded from one server only, by command and reply
 */
public record ReplyMatrix(List<Cell> cells, Map<String, String> reasons, Map<String, String> only) {
    /** A command's name or LOGIN, something that an answer can be made of, and what the table says about them. */
    public record Cell(String command, ReplyKind kind, String entry) {
        @Override
        public String toString() {
            return command + " " + kind + " " + entry;
        }
    }

    /** The table as it is in the file. */
    public static ReplyMatrix read() {
        try (InputStream in = Objects.requireNonNull(ReplyMatrix.class.getResourceAsStream("/captures/matrix.txt"))) {
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ReplyMatrix parse(List<String> lines) {
        Map<String, String> reasons = new HashMap<>();
        Map<String, String> only = new HashMap<>();
        List<Cell> cells = new ArrayList<>();
        List<ReplyKind> columns = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("reason")) {
                reasons.put(words[1], rest(words, 2));
            } else if (words[0].equals("only")) {
                only.put(words[1] + " " + words[2], rest(words, 3));
            } else if (columns.isEmpty()) {
                Stream.of(words).map(ReplyMatrix::column).forEach(columns::add);
            } else if (words.length != columns.size() + 1) {
                throw new IllegalArgumentException(words[0] + " has " + (words.length - 1) + " cells");
            } else {
                for (int i = 0; i < columns.size(); i++) {
                    cells.add(new Cell(words[0], columns.get(i), words[i + 1]));
                }
            }
        }
        return new ReplyMatrix(cells, reasons, only);
    }

    private static String rest(String[] words, int from) {
        return String.join(" ", Arrays.asList(words).subList(from, words.length));
    }

    private static ReplyKind column(String head) {
        return Stream.of(ReplyKind.values())
                .filter(kind -> kind.shortName().equals(head))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no reply is called " + head));
    }
}
