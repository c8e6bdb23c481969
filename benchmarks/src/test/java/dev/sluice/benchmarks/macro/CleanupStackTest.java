package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.cli.CommandFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is closed, when and how often. */
class CleanupStackTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void resourcesAreClosedOnceInTheReverseOrder() throws CommandFailure {
        CleanupStack stack = CleanupStack.register();
        stack.push(() -> closed.add("server"));
        stack.push(() -> closed.add("proxy"));

        stack.close();
        stack.close();

        assertThat(closed).containsExactly("proxy", "server");
        assertThat(stack.isClosed()).isTrue();
    }

    @Test
    void oneThatCannotBeClosedDoesNotKeepTheOthersOpen() throws CommandFailure {
        CleanupStack stack = CleanupStack.register();
        stack.push(() -> closed.add("server"));
        stack.push(() -> {
            throw new IOException("no");
        });

        stack.close();

        assertThat(closed).containsExactly("server");
    }

    @Test
    void whatComesTooLateIsClosedAtOnce() throws CommandFailure {
        CleanupStack stack = CleanupStack.register();
        stack.close();

        assertThatThrownBy(() -> stack.push(() -> closed.add("late"))).isInstanceOf(CommandFailure.class);
        assertThat(closed).containsExactly("late");
    }
}
