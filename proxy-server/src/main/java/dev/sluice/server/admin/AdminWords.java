package dev.sluice.server.admin;

import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.NearestName;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The words of a statement, taken one after the other. Words are parted by white space and comments; quotes of any kind
 * keep a word together, doubled they stand for themselves. An error says what was expected at which character. Confined
 * to one thread.
 */
final class AdminWords {
    private static final String QUOTES = "'\"`";
    private static final int SHOWN_MAX = 40;

    private final String text;
    private int at;
    private @Nullable String word;
    private boolean quoted;
    private int start;
    /** Where the word before the next one ended. */
    private int gap;

    /** @throws OperationException if the first word is not whole */
    AdminWords(String text) throws OperationException {
        this.text = text;
        advance();
    }

    boolean atEnd() {
        return word == null;
    }

    /** Takes the next word if it is this keyword. */
    boolean accept(String keyword) throws OperationException {
        if (!isNext(keyword)) {
            return false;
        }
        advance();
        return true;
    }

    /** Takes one of these keywords and returns it as it is written here. */
    String oneOf(String... keywords) throws OperationException {
        for (String keyword : keywords) {
            if (accept(keyword)) {
                return keyword;
            }
        }
        throw expected(Arrays.stream(keywords).collect(Collectors.joining(", ")), List.of(keywords));
    }

    /** Takes a word of any kind. */
    String any(String what) throws OperationException {
        String taken = word;
        if (taken == null) {
            throw expected(what, List.of());
        }
        advance();
        return taken;
    }

    /** Takes an address and returns it in the form that the configuration has. */
    String address() throws OperationException {
        String taken = word;
        try {
            HostPort address = HostPort.parse(taken == null ? "" : taken);
            if (address.port() > 0) {
                advance();
                return address.toString();
            }
        } catch (IllegalArgumentException e) {
            throw expected("host:port", List.of());
        }
        throw expected("host:port", List.of());
    }

    /** Takes a whole number from 0 on. */
    long number(String what, long max) throws OperationException {
        String taken = word;
        boolean digits = taken != null
                && !taken.isEmpty()
                && taken.length() <= 18
                && taken.chars().allMatch(c -> c >= '0' && c <= '9');
        long value = digits ? Long.parseLong(taken) : -1;
        if (value < 0 || value > max) {
            throw expected(what + ", a number from 0 to " + max, List.of());
        }
        advance();
        return value;
    }

    /** Everything that is left, as it was written, with its comments and without a semicolon at the end. */
    String rest(String what) throws OperationException {
        if (word == null) {
            throw expected(what, List.of());
        }
        int end = text.length();
        while (end > gap && endsStatement(text.charAt(end - 1))) {
            end--;
        }
        at = text.length();
        word = null;
        return text.substring(gap, end).strip();
    }

    /** Fails unless everything was taken. */
    void end(List<String> candidates) throws OperationException {
        if (word != null) {
            throw expected(
                    candidates.isEmpty() ? "the end" : String.join(", ", candidates) + " or the end", candidates);
        }
    }

    /** Says what should have stood where the next word is. */
    OperationException expected(String what, List<String> candidates) {
        String found = word;
        if (found == null) {
            return invalid("expected " + what + " at the end, behind character " + text.length());
        }
        String shown = found.length() > SHOWN_MAX ? found.substring(0, SHOWN_MAX) + "..." : found;
        @Nullable String nearest = NearestName.of(found, candidates);
        String hint = nearest == null ? "; SHOW HELP lists what can be said" : "; did you mean " + nearest + "?";
        return invalid("expected " + what + " at character " + (start + 1) + ", found \"" + shown + "\"" + hint);
    }

    private boolean isNext(String keyword) {
        return word != null && !quoted && word.toUpperCase(Locale.ROOT).equals(keyword.toUpperCase(Locale.ROOT));
    }

    private void advance() throws OperationException {
        gap = at;
        skip();
        start = at;
        quoted = false;
        if (at >= text.length()) {
            word = null;
        } else if (QUOTES.indexOf(text.charAt(at)) >= 0) {
            word = quotedWord(text.charAt(at));
            quoted = true;
        } else {
            word = plainWord();
        }
    }

    private String plainWord() {
        if (text.charAt(at) == '=') {
            at++;
            return "=";
        }
        while (at < text.length() && isPlain(text.charAt(at))) {
            at++;
        }
        if (at == start) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isPlain(char c) {
        return !Character.isWhitespace(c) && c != '=' && c != ';' && c != ',' && QUOTES.indexOf(c) < 0;
    }

    private String quotedWord(char quote) throws OperationException {
        StringBuilder content = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != quote) {
                content.append(c);
            } else if (at < text.length() && text.charAt(at) == quote) {
                content.append(quote);
                at++;
            } else {
                return content.toString();
            }
        }
        throw invalid("the quote " + quote + " at character " + (start + 1) + " is not closed");
    }

    /** White space, comments, and the semicolon behind the last word. */
    private void skip() throws OperationException {
        while (at < text.length()) {
            if (Character.isWhitespace(text.charAt(at))) {
                at++;
            } else if (text.startsWith("/*", at)) {
                int end = text.indexOf("*/", at + 2);
                if (end < 0) {
                    throw invalid("the comment at character " + (at + 1) + " is not closed");
                }
                at = end + 2;
            } else if (text.startsWith("-- ", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (text.charAt(at) == ';' && text.substring(at).chars().allMatch(AdminWords::endsStatement)) {
                at = text.length();
            } else {
                return;
            }
        }
    }

    private static boolean endsStatement(int c) {
        return c == ';' || Character.isWhitespace(c);
    }

    private static OperationException invalid(String message) {
        return new OperationException(OperationException.Kind.INVALID, message);
    }
}
