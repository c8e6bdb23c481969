package dev.sluice.router.session;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import java.nio.charset.StandardCharsets;

/** Statements as the real classifier describes them. Thread-safe: the classifier is. */
final class Statements {
    private static final StatementClassifier CLASSIFIER = new StatementClassifier(ClassifierLimits.DEFAULT);

    private Statements() {}

    static Classification of(String sql) {
        return CLASSIFIER.classifyBlocking(sql.getBytes(StandardCharsets.UTF_8), LexicalMode.DEFAULT);
    }
}
