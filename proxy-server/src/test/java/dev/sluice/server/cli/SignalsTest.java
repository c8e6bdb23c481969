package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class SignalsTest {
    private static final String COMPLETE = """
            listen: 127.0.0.1:6033
            backends: [{address: "a:1"}]
            monitor: {user: m, password: hunter2}
            """;

    private final List<String> calls = new ArrayList<>();

    private StopSignals stopSignals() {
        return new StopSignals(new ServerStarter.Running() {
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

    @Test
    void hangupSaysWhetherTheFileWouldWorkAndAppliesNothing(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("sluice.yaml"), COMPLETE);
        SluiceConfig running = new ConfigLoader().load(file);
        ReloadCheck reload = new ReloadCheck(file, running);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(ReloadCheck.class);
        logger.setLevel(ch.qos.logback.classic.Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(log);
        log.start();

        reload.run();
        Files.writeString(file, COMPLETE + "event-loops: 2\n");
        reload.run();
        Files.writeString(file, COMPLETE + "event-lops: 2\n");
        reload.run();
        logger.detachAppender(log);
        logger.setAdditive(true);

        assertThat(log.list.stream().map(ILoggingEvent::getMessage))
                .containsExactly(
                        "the configuration file is valid and has not changed",
                        "the configuration file is valid and has changed; no key is applied without a restart",
                        "the configuration file is wrong; a restart would fail");
        assertThat(log.list.get(2).getKeyValuePairs().get(0).value)
                .hasToString(file + ":4:1: event-lops: is not a known key; did you mean event-loops?");
    }
}
