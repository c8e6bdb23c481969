package dev.sluice.router.session;

import org.jspecify.annotations.Nullable;

/** A session whose statements run as a test says, with nothing reported but what the test reports. Confined to one test. */
abstract class EffectsFixture {
    static final String IDLE = "________";

    final SessionState state = new SessionState(
            StateVector.empty()
                    .with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4")
                    .withSchema("test"),
            "");
    final StatementEffects effects = new StatementEffects(state, () -> false, () -> false);
    final SessionChanges changes = new SessionChanges();
    Slot slot = Slot.PRIMARY;

    void run(String sql, boolean succeeded) {
        run(sql, succeeded, sql);
    }

    void run(String sql, boolean succeeded, @Nullable String text) {
        effects.apply(slot, Statements.of(sql), succeeded, changes, () -> text);
        changes.clear();
    }

    void run(String... statements) {
        for (String sql : statements) {
            run(sql, true);
        }
    }

    String pins() {
        return PinReason.describe(state.pins(slot));
    }
}
