package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

/** How many may wait, of all users and of one. */
class WaitingBudgetTest {
    private static int enter(WaitingBudget budget, String user, int bytes) {
        int entered = 0;
        while (budget.tryEnter(user, bytes)) {
            entered++;
        }
        return entered;
    }

    @Test
    void oneUserCannotTakeTheLastEighthOfThePlaces() {
        WaitingBudget budget = new WaitingBudget(64, 1 << 20);
        assertThat(enter(budget, "flood", 0)).isEqualTo(56);
        assertThat(budget.full("flood"))
                .contains("56 wait with 0 bytes", "64 statements (pool.waiting-max)", "the last eighth is for users")
                .endsWith("56 of this user wait");
        for (int i = 0; i < 8; i++) {
            assertThat(budget.tryEnter("calm" + i, 0)).isTrue();
            assertThat(budget.tryEnter("calm" + i, 0)).isFalse();
        }
        assertThat(budget.tryEnter("one too many", 0)).isFalse();
        assertThat(budget.full("one too many")).endsWith("(pool.waiting-bytes-max)");
    }

    @Test
    void oneUserCannotTakeTheLastEighthOfTheBytes() {
        WaitingBudget budget = new WaitingBudget(1_000, 64 << 10);
        assertThat(enter(budget, "flood", 1 << 10)).isEqualTo(56);
        assertThat(budget.tryEnter("calm", 8 << 10)).isTrue();
        assertThat(budget.tryEnter("late", 1)).isFalse();
        budget.leave("calm", 8 << 10);
        assertThat(budget.tryEnter("late", 1)).isTrue();
    }

    @Test
    void aBoundThatCannotBeDividedIsForWhoComesFirst() {
        WaitingBudget budget = new WaitingBudget(7, 8_000);
        assertThat(enter(budget, "flood", 0)).isEqualTo(7);
        assertThat(budget.tryEnter("calm", 0)).isFalse();
    }

    @Test
    void whoLeavesMakesRoom() {
        WaitingBudget budget = new WaitingBudget(8, 1 << 20);
        assertThat(enter(budget, "flood", 3)).isEqualTo(7);
        budget.leave("flood", 3);
        assertThat(enter(budget, "flood", 3)).isEqualTo(1);
        for (int i = 0; i < 7; i++) {
            budget.leave("flood", 3);
        }
        assertThatIllegalStateException().isThrownBy(() -> budget.leave("flood", 3));
        assertThat(budget.tryEnter("calm", 1 << 20)).isTrue();
    }

    @Test
    void otherLimitsHoldFromTheNextOn() {
        WaitingBudget budget = new WaitingBudget(8, 1 << 20);
        assertThat(enter(budget, "flood", 0)).isEqualTo(7);
        budget.limits(4, 1 << 20);
        assertThat(budget.tryEnter("calm", 0)).isFalse();
        budget.limits(16, 1 << 20);
        assertThat(enter(budget, "flood", 0)).isEqualTo(7);
    }
}
