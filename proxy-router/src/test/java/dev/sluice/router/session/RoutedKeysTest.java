package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.balance.BalanceKeys;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the router tells the balancer about client and statement. */
class RoutedKeysTest {
    private final SessionState state = new SessionState(
            StateVector.empty()
                    .with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4")
                    .withSchema("test"),
            "");
    private final Held held = new Held();
    private long client;
    private long statement;
    private long now;
    private final SessionRouter router = new SessionRouter(
            (topology, eligible, load, keys) -> {
                client = keys.clientHash();
                statement = keys.statementHash();
                now = keys.nowNanos();
                return Long.numberOfTrailingZeros(eligible);
            },
            ordinal -> 0,
            true);

    private Classification route(String sql) {
        try (StatementClassifier classifier = new StatementClassifier(ClassifierLimits.DEFAULT)) {
            Classification classification =
                    classifier.classifyBlocking(sql.getBytes(StandardCharsets.UTF_8), LexicalMode.DEFAULT);
            router.route(
                    classification, state, Topologies.withReplicas(2), Topologies.tracker(Duration.ofSeconds(1)), held);
            assertThat(router.slot()).isEqualTo(Slot.REPLICA);
            return classification;
        }
    }

    @Test
    void aReadCarriesItsClientItsFingerprintAndItsMoment() {
        held.clientHash = 42;
        held.nowNanos = 4711;
        Classification one = route("SELECT v FROM t WHERE id = 1");
        assertThat(statement).isEqualTo(one.fingerprintLow()).isNotEqualTo(BalanceKeys.NONE);
        assertThat(client).isEqualTo(42);
        assertThat(now).isEqualTo(4711);
        held.clientHash = 43;
        route("SELECT v FROM t WHERE id = 2");
        assertThat(statement).isEqualTo(one.fingerprintLow());
        assertThat(client).isEqualTo(43);
        route("SELECT v FROM u WHERE id = 1");
        assertThat(statement).isNotEqualTo(one.fingerprintLow());
    }

    @Test
    void theBeginOfATransactionHasAClientAndNoStatementToStickTo() {
        held.clientHash = 42;
        route("SELECT 1");
        route("START TRANSACTION READ ONLY");
        assertThat(statement).isEqualTo(BalanceKeys.NONE);
        assertThat(client).isEqualTo(42);
    }
}
