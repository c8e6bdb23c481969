package dev.sluice.router.sql;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Explains to a person where a statement goes and why. Immutable. */
public final class RouteExplanation {
    private RouteExplanation() {}

    /** Several lines: decision, reason, kind, traits, the text without literals, its fingerprint, the lexical mode. */
    public static String render(byte[] sql, LexicalMode mode, StatementClassifier classifier) {
        Classification decided = classifier.classifyBlocking(sql, mode);
        String traits = String.join(", ", Traits.names(decided.traits()));
        String text = StatementText.of(sql, StandardCharsets.UTF_8, mode, StatementText.Form.FINGERPRINT);
        return """
                target:       %s
                reason:       %s
                kind:         %s
                traits:       %s
                statement:    %s
                fingerprint:  %s
                lexical mode: %s
                """.formatted(
                        decided.target().name().toLowerCase(Locale.ROOT),
                        decided.reason().label(),
                        decided.kind().name().toLowerCase(Locale.ROOT),
                        traits.isEmpty() ? "none" : traits,
                        text,
                        decided.fingerprint(),
                        describe(mode));
    }

    private static String describe(LexicalMode mode) {
        StringBuilder text =
                new StringBuilder(mode.charset().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        text.append(mode.ansiQuotes() ? ", ANSI_QUOTES" : "");
        text.append(mode.noBackslashEscapes() ? ", NO_BACKSLASH_ESCAPES" : "");
        text.append(mode.ignoreSpace() ? ", IGNORE_SPACE" : "");
        return text.toString();
    }
}
