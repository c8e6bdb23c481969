package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.sluice.server.admin.AuditLog;
import dev.sluice.server.admin.RecordedLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SignalsTest {
    private final List<String> calls = new ArrayList<>();

    private StopSignals stopSignals() {
        return new StopSignals(new ServerStarter.Running() {
            @Override
            public void reload() {}

            @Override
            public void awaitTermination() {
                calls.add("await");
            }

            @Override
            public void drain() {
                calls.add("drain");
            }

            @Override
            public void stopNow() {
                calls.add("stop");
            }
        });
    }

    @Test
    void theFirstSignalDrains() {
        StopSignals signals = stopSignals();

        signals.received("SIGTERM");

        assertThat(calls).containsExactly("drain");
        assertThat(signals.cut()).isFalse();
    }

    @Test
    void eachLeavesALineInTheAuditLog() {
        try (RecordedLog log = new RecordedLog(AuditLog.LOGGER_NAME, Level.INFO)) {
            StopSignals signals = stopSignals();
            signals.received("SIGTERM");
            signals.received("SIGINT");
            String from = " from=[this host] door=[signal] ";
            assertThat(log.lines())
                    .containsExactly(
                            "INFO change who=[SIGTERM]" + from + "what=[DRAIN AND STOP] result=[ok]",
                            "INFO change who=[SIGINT]" + from + "what=[STOP AT ONCE] result=[ok]");
        }
    }

    @Test
    void aSecondSignalOfEitherKindStopsAtOnce() {
        StopSignals signals = stopSignals();

        signals.received("SIGINT");
        signals.received("SIGTERM");

        assertThat(calls).containsExactly("drain", "stop");
        assertThat(signals.cut()).isTrue();
    }

    @Test
    void aRealSignalReachesItsHandlerUntilThatIsClosed() throws Exception {
        AtomicInteger outer = new AtomicInteger();
        AtomicInteger inner = new AtomicInteger();

        try (ProcessSignals first = new ProcessSignals()) {
            first.on("USR2", outer::incrementAndGet);
            try (ProcessSignals second = new ProcessSignals()) {
                second.on("USR2", inner::incrementAndGet);
                raise("USR2");
                await().untilAtomic(inner, org.hamcrest.Matchers.is(1));
            }
            raise("USR2");
            await().untilAtomic(outer, org.hamcrest.Matchers.is(1));
        }
        assertThat(inner).hasValue(1);
    }

    private static void raise(String name) throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.Signal");
        type.getMethod("raise", type)
                .invoke(null, type.getConstructor(String.class).newInstance(name));
    }
}
