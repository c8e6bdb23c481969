package dev.sluice.router.sql;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import io.netty.buffer.ByteBuf;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides by the text of a statement whether a replica may run it. Whatever the lexer finds forbidden goes to the
 * primary at once; what looks like a read must have been confirmed by the parser, whose verdict is remembered by
 * fingerprint and lexical mode. Thread-safe: the cache and the parser's threads are shared by all event loops; each
 * caller brings its own lexer.
 *
 * <p>The usual way of a statement: {@link #lookup} answers. If it returns null, the statement is a read nobody has seen
 * yet: the caller sends it to the primary, or waits, and calls {@link #confirm} so that the next one is known.
 */
public final class StatementClassifier implements AutoCloseable {
    /** Whoever waits for an answer would rather wait for the truth than be told that the parser was busy. */
    private static final Duration BLOCKING_DEADLINE = Duration.ofSeconds(10);

    private final ClassifierLimits limits;
    private final Cache<StatementKey, Classification> cache;
    private final ReadParser parser;

    /** A classifier with an empty cache. */
    public StatementClassifier(ClassifierLimits limits) {
        this.limits = limits;
        this.cache = Caffeine.newBuilder()
                .maximumSize(limits.cacheEntries())
                .executor(Runnable::run)
                .build();
        this.parser = new ReadParser(limits);
    }

    /**
     * Reads the statement and decides if its text or the cache suffice.
     *
     * @return the decision, or null for a read candidate that is not known yet; {@link #candidate} describes it
     */
    public @Nullable Classification lookup(
            StatementLexer lexer, ByteBuf text, int index, int length, LexicalMode mode) {
        lexer.lex(text, index, length, mode);
        return decide(lexer, length);
    }

    private @Nullable Classification decide(StatementLexer lexer, int length) {
        Classification known = cache.getIfPresent(lexer.key());
        if (known != null) {
            return known;
        }
        RouteReason reason = StatementDecision.primaryReason(lexer);
        if (reason == null && isTooLarge(lexer, length)) {
            reason = RouteReason.TOO_LARGE;
            return describe(lexer, Target.PRIMARY, reason);
        }
        if (reason == null) {
            return null;
        }
        Classification decided = describe(lexer, Target.PRIMARY, reason);
        cache.put(StatementKey.of(lexer), decided);
        return decided;
    }

    private boolean isTooLarge(StatementLexer lexer, int length) {
        return length > limits.parseBytesMax() || lexer.nestingDepth() > limits.parseDepthMax();
    }

    /** What the lexer found in a candidate, to be sent to the primary while the parser has not spoken. */
    public Classification candidate(StatementLexer lexer) {
        return describe(lexer, Target.PRIMARY, RouteReason.PARSER_BUSY);
    }

    private static Classification describe(StatementLexer lexer, Target target, RouteReason reason) {
        return new Classification(
                target, reason, lexer.kind(), lexer.traits(), lexer.fingerprintHigh(), lexer.fingerprintLow());
    }

    /**
     * Asks the parser about a candidate. The decision is remembered and given to {@code done}, on a thread of the parser
     * or, if that has no room, on the caller's.
     *
     * @param text the statement; not modified, and not to be modified afterwards
     * @param javaCharset how names outside ASCII are to be read
     * @param candidate what {@link #candidate} returned for it
     */
    public void confirm(
            byte[] text,
            Charset javaCharset,
            LexicalMode mode,
            Classification candidate,
            Consumer<Classification> done) {
        confirm(new Candidate(text, javaCharset, mode, candidate, limits.parseDeadline()), done);
    }

    /** A statement on its way to the parser. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Candidate(
            byte[] text, Charset javaCharset, LexicalMode mode, Classification description, Duration deadline) {}

    private void confirm(Candidate candidate, Consumer<Classification> done) {
        boolean queued = parser.submit(() -> done.accept(parse(candidate)));
        if (!queued) {
            done.accept(candidate.description().toPrimary(RouteReason.PARSER_BUSY));
        }
    }

    private Classification parse(Candidate task) {
        Classification candidate = task.description();
        StatementKey key = StatementKey.of(candidate, task.mode().index());
        Classification known = cache.getIfPresent(key);
        if (known != null) {
            return known;
        }
        ReadParser.Verdict verdict = parser.parse(task.text(), task.javaCharset(), task.mode(), task.deadline());
        Classification decided = switch (verdict) {
            case READ ->
                new Classification(
                        Target.REPLICA,
                        RouteReason.READ,
                        candidate.kind(),
                        candidate.traits(),
                        candidate.fingerprintHigh(),
                        candidate.fingerprintLow());
            case NO_READ -> candidate.toPrimary(RouteReason.UNPARSABLE);
            case BUSY -> candidate.toPrimary(RouteReason.PARSER_BUSY);
        };
        if (verdict == ReadParser.Verdict.BUSY) {
            return decided;
        }
        // A replica may have refused the statement meanwhile: that knowledge stays.
        Classification raced = cache.asMap().putIfAbsent(key, decided);
        return raced == null ? decided : raced;
    }

    /** The final decision on a statement, waiting for the parser: for tools and tests. */
    public Classification classifyBlocking(byte[] text, LexicalMode mode) {
        StatementLexer lexer = new StatementLexer();
        lexer.lex(text, 0, text.length, mode);
        Classification decided = decide(lexer, text.length);
        if (decided != null) {
            return decided;
        }
        CompletableFuture<Classification> answer = new CompletableFuture<>();
        confirm(
                new Candidate(text, StandardCharsets.UTF_8, mode, candidate(lexer), BLOCKING_DEADLINE),
                answer::complete);
        return answer.join();
    }

    /** Remembers that a replica refused a statement as a write: from now on it goes to the primary, in every mode. */
    public Classification learnWrite(Classification refused) {
        Classification learned = refused.toPrimary(RouteReason.LEARNED_WRITE);
        for (int mode = 0; mode < LexicalMode.COUNT; mode++) {
            cache.put(StatementKey.of(refused, mode), learned);
        }
        return learned;
    }

    /** How many decisions are remembered, about. */
    public long cachedDecisions() {
        return cache.estimatedSize();
    }

    /** Stops the parser's threads; statements that wait for them are not answered any more. */
    @Override
    public void close() {
        parser.close();
    }
}
