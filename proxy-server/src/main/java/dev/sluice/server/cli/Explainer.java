package dev.sluice.server.cli;

import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.RouteExplanation;
import dev.sluice.router.sql.StatementClassifier;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Explains statements with the classifier that the server uses. Thread-safe: it has no state. */
final class Explainer implements StatementExplainer {
    private static final String ANSI_QUOTES = "ANSI_QUOTES";
    private static final String NO_BACKSLASH_ESCAPES = "NO_BACKSLASH_ESCAPES";
    private static final String IGNORE_SPACE = "IGNORE_SPACE";

    /** What the combination mode stands for, as far as it concerns reading. */
    private static final Set<String> ANSI = Set.of(ANSI_QUOTES, IGNORE_SPACE);

    @Override
    public String explain(Request request) {
        Set<String> modes = new HashSet<>();
        for (String mode : request.sqlModes()) {
            String name = mode.trim().toUpperCase(Locale.ROOT);
            if (name.equals("ANSI")) {
                modes.addAll(ANSI);
            } else {
                modes.add(name);
            }
        }
        LexicalMode mode = LexicalMode.of(
                modes.contains(ANSI_QUOTES),
                modes.contains(NO_BACKSLASH_ESCAPES),
                modes.contains(IGNORE_SPACE),
                LexicalCharset.of(request.charset()));
        try (StatementClassifier classifier = new StatementClassifier(ClassifierLimits.DEFAULT)) {
            return RouteExplanation.render(request.sql().getBytes(StandardCharsets.UTF_8), mode, classifier);
        }
    }
}
