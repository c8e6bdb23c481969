package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StatementClassifierTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final StatementLexer lexer = new StatementLexer();
    private StatementClassifier classifier = new StatementClassifier(limits(16_384, 64, LONG, 10));

    private static ClassifierLimits limits(int bytes, int depth, Duration deadline, int queue) {
        return new ClassifierLimits(1_000, bytes, depth, deadline, 1, queue);
    }

    private void restart(ClassifierLimits limits) {
        classifier.close();
        classifier = new StatementClassifier(limits);
    }

    @AfterEach
    void closeClassifier() {
        classifier.close();
    }

    private static byte[] bytes(String sql) {
        return sql.getBytes(StandardCharsets.UTF_8);
    }

    private @Nullable Classification lookup(String sql) {
        ByteBuf buffer = Unpooled.wrappedBuffer(bytes(sql));
        return classifier.lookup(lexer, buffer, 0, buffer.readableBytes(), LexicalMode.DEFAULT);
    }

    private Classification known(String sql) {
        return Objects.requireNonNull(lookup(sql), "the statement should be known");
    }

    private CompletableFuture<Classification> confirm(String sql) {
        assertThat(lookup(sql)).isNull();
        CompletableFuture<Classification> answer = new CompletableFuture<>();
        classifier.confirm(
                bytes(sql), StandardCharsets.UTF_8, LexicalMode.DEFAULT, classifier.candidate(lexer), answer::complete);
        return answer;
    }

    @Test
    void aReadIsUnknownUntilTheParserHasConfirmedIt() {
        Classification confirmed = confirm("SELECT * FROM t WHERE id = 1").join();

        assertThat(confirmed.target()).isEqualTo(Target.REPLICA);
        assertThat(lookup("SELECT * FROM t WHERE id = 1")).isSameAs(confirmed);
        assertThat(lookup("select * from t where id = 'other'")).isSameAs(confirmed);
    }

    @Test
    void whatTheLexerRefusesIsDecidedAtOnceAndShared() {
        Classification first = known("UPDATE t SET v = 1");
        assertThat(first.reason()).isEqualTo(RouteReason.WRITE);
        assertThat(lookup("UPDATE t SET v = 2")).isSameAs(first);
    }

    @Test
    void aDecisionOfOneModeIsNotUsedInAnother() {
        confirm("SELECT \"a\" FROM t").join();
        ByteBuf text = Unpooled.wrappedBuffer(bytes("SELECT \"a\" FROM t"));
        LexicalMode ansi = LexicalMode.of(true, false, false, LexicalCharset.UTF8);
        assertThat(classifier.lookup(lexer, text, 0, text.readableBytes(), ansi))
                .isNull();
    }

    @Test
    void aCachedReadDoesNotCoverTheSameTextWithATrait() {
        confirm("SELECT COUNT(*) FROM t").join();
        Classification spaced = known("SELECT COUNT (*) FROM t");
        assertThat(spaced.reason()).isEqualTo(RouteReason.UNKNOWN_FUNCTION);
    }

    @Test
    void whatTheParserRejectsGoesToThePrimaryAndIsRemembered() {
        Classification rejected = confirm("SELECT FROM WHERE").join();
        assertThat(rejected.target()).isEqualTo(Target.PRIMARY);
        assertThat(rejected.reason()).isEqualTo(RouteReason.UNPARSABLE);
        assertThat(lookup("SELECT FROM WHERE")).isSameAs(rejected);
    }

    @Test
    void aStatementThatAReplicaRefusedGoesToThePrimaryFromThenOn() {
        Classification confirmed = confirm("SELECT v FROM a_view_that_writes").join();
        assertThat(confirmed.target()).isEqualTo(Target.REPLICA);

        classifier.learnWrite(confirmed);

        Classification learned = known("SELECT v FROM a_view_that_writes");
        assertThat(learned.target()).isEqualTo(Target.PRIMARY);
        assertThat(learned.reason()).isEqualTo(RouteReason.LEARNED_WRITE);
        assertThat(learned.fingerprint()).isEqualTo(confirmed.fingerprint());
    }

    @Test
    void whatWasLearnedIsNotForgottenWhenAParseEndsLater() {
        Classification candidate = confirm("SELECT v FROM w").join();
        classifier.learnWrite(candidate);
        assertThat(classifier
                        .classifyBlocking(bytes("SELECT v FROM w"), LexicalMode.DEFAULT)
                        .reason())
                .isEqualTo(RouteReason.LEARNED_WRITE);
    }

    @Test
    void deepNestingIsTooLargeToParse() {
        String deep = "SELECT " + "(".repeat(65) + "1" + ")".repeat(65);
        Classification decided = known(deep);
        assertThat(decided.reason()).isEqualTo(RouteReason.TOO_LARGE);
        assertThat(confirm("SELECT " + "(".repeat(5) + "1" + ")".repeat(5))
                        .join()
                        .target())
                .isEqualTo(Target.REPLICA);
    }

    @Test
    void longTextIsTooLargeUnlessAShortOneLikeItIsKnown() {
        String list = "SELECT v FROM t WHERE id IN (1" + ", 1".repeat(10_000) + ")";
        Classification before = known(list);
        assertThat(before.reason()).isEqualTo(RouteReason.TOO_LARGE);

        Classification confirmed = confirm("SELECT v FROM t WHERE id IN (1, 2)").join();

        assertThat(lookup(list)).isSameAs(confirmed);
    }

    @Test
    void aParseThatTakesTooLongIsGivenUpAndNotRemembered() {
        restart(limits(16_384, 5_000, Duration.ofMillis(50), 10));
        String endless = "SELECT " + "(".repeat(2_000) + "1" + ")".repeat(2_000);

        Classification decided = confirm(endless).join();

        assertThat(decided.target()).isEqualTo(Target.PRIMARY);
        assertThat(decided.reason()).isEqualTo(RouteReason.PARSER_BUSY);
        assertThat(lookup(endless)).isNull();
    }

    @Test
    void aFullQueueSendsTheStatementToThePrimaryAtOnce() throws InterruptedException {
        restart(limits(16_384, 64, LONG, 1));
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        lookup("SELECT 1");
        classifier.confirm(
                bytes("SELECT 1"), StandardCharsets.UTF_8, LexicalMode.DEFAULT, classifier.candidate(lexer), c -> {
                    running.countDown();
                    awaitQuietly(release);
                });
        running.await();
        CompletableFuture<Classification> waiting = confirm("SELECT 1, 2");

        CompletableFuture<Classification> refused = confirm("SELECT 1, 2, 3");

        assertThat(refused).isCompleted();
        assertThat(refused.join().reason()).isEqualTo(RouteReason.PARSER_BUSY);
        assertThat(waiting).isNotCompleted();
        release.countDown();
        assertThat(waiting.join().target()).isEqualTo(Target.REPLICA);
        assertThat(lookup("SELECT 1, 2, 3")).isNull();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aClosedClassifierSendsUnknownStatementsToThePrimary() {
        classifier.close();
        assertThat(confirm("SELECT 1").join().reason()).isEqualTo(RouteReason.PARSER_BUSY);
    }

    @Test
    void theCacheIsBounded() {
        restart(new ClassifierLimits(50, 16_384, 64, LONG, 1, 10));
        for (int i = 0; i < 2_000; i++) {
            lookup("UPDATE t" + i + " SET v = 1");
        }
        assertThat(classifier.cachedDecisions()).isLessThanOrEqualTo(50);
    }

    @Test
    void limitsMustBePositive() {
        assertThatThrownBy(() -> new ClassifierLimits(0, 1, 1, LONG, 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ClassifierLimits(1, 1, 1, Duration.ZERO, 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anExplanationNamesDecisionReasonTraitsAndText() {
        String text = RouteExplanation.render(
                bytes("select  v from t where id IN (1,2,3) and name='secret' for update"),
                LexicalMode.of(true, false, false, LexicalCharset.UTF8),
                classifier);

        assertThat(text)
                .contains("target:       primary")
                .contains("reason:       locking_read")
                .contains("kind:         select")
                .contains("traits:       locking_read")
                .contains("SELECT v FROM t WHERE id IN (?) AND name = ? FOR UPDATE")
                .contains("ANSI_QUOTES")
                .doesNotContain("secret");
    }
}
