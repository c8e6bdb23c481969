package dev.sluice.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.sluice.server.admin.AuditLog;
import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.LogConfig;
import dev.sluice.server.config.LogFormat;
import dev.sluice.server.config.LogLevel;
import dev.sluice.server.config.MonitorConfig;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SluiceConfig;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class LoggingTest {
    private static final Terminal COLOURS = new Terminal(true, true);
    private static final Terminal PIPE = new Terminal(false, false);

    private static String logged(LogConfig config, Terminal terminal, Consumer<LoggerContext> events) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LoggerContext context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        Logging.install(context, config, out, terminal);
        events.accept(context);
        context.stop();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String json(Consumer<Logger> event) {
        LogConfig config = new LogConfig(LogLevel.INFO, LogFormat.JSON);
        return logged(config, PIPE, context -> event.accept(context.getLogger("dev.sluice.server.Some")));
    }

    /** JSON is YAML, so the YAML parser is an independent reader of what we write. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> parsed(String line) {
        Object value = new Load(LoadSettings.builder().build()).loadFromString(line);
        assertThat(value).isInstanceOf(Map.class);
        return (Map<String, Object>) value;
    }

    @Test
    void aJsonLineHasTheFixedKeysFirstAndThenThePairs() {
        String line = json(log -> log.atInfo()
                .addKeyValue("session", 7)
                .addKeyValue("backend", new HostPort("db1", 3306))
                .addKeyValue("ok", true)
                .addKeyValue("ratio", Double.NaN)
                .log("client connected"));

        assertThat(line)
                .matches("\\{\"time\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\",\"level\":\"INFO\","
                        + "\"logger\":\"dev\\.sluice\\.server\\.Some\",\"message\":\"client connected\","
                        + "\"session\":7,\"backend\":\"db1:3306\",\"ok\":true,\"ratio\":\"NaN\"}\n");
    }

    @Test
    void whateverAValueHoldsItStaysOneLineAndOneValue() {
        String nasty = "a\"b\\c\nd\u0000e\u007f\u2028\ud83d\ude00\ud83d \"level\":\"ERROR\"";

        String line = json(log -> log.atInfo().addKeyValue("user", nasty).log("login failed"));

        assertThat(line.lines()).hasSize(1);
        assertThat(line).contains("a\\\"b\\\\c\\nd\\u0000e\\u007f\u2028\ud83d\ude00\\ud83d \\\"level\\\"");
        assertThat(parsed(line.replace("\\ud83d", "?"))).containsEntry("level", "INFO");
    }

    @Test
    void aPairCannotTakeTheNameOfAFixedKey() {
        Map<String, Object> line =
                parsed(json(log -> log.atInfo().addKeyValue("level", "x").log("m")));

        assertThat(line).containsEntry("level", "INFO").containsEntry("field_level", "x");
    }

    @Test
    void aStackTraceIsWrittenAtErrorOnly() {
        Exception cause = new IllegalStateException("broken");

        String warning = json(log -> log.atWarn().setCause(cause).log("m"));
        String error = json(log -> log.atError().setCause(cause).log("m"));

        assertThat(warning)
                .endsWith("\"error\":{\"type\":\"java.lang.IllegalStateException\",\"message\":\"broken\"}}\n");
        assertThat(parsed(error).get("error")).asString().contains("stack=", "LoggingTest");
        assertThat(error.lines()).hasSize(1);
    }

    @Test
    void debugBringsStackTracesOfWarnings() {
        String out = logged(
                new LogConfig(LogLevel.DEBUG, LogFormat.TEXT),
                PIPE,
                context -> context.getLogger("dev.sluice.A")
                        .atWarn()
                        .setCause(new IllegalStateException("broken"))
                        .log("m"));

        assertThat(out).contains(" WARN  A  m error=\"java.lang.IllegalStateException: broken\"\n", "\tat dev.sluice");
    }

    @Test
    void textIsForTerminalsAndJsonForEverythingElseUnlessTheFormatIsGiven() {
        Consumer<LoggerContext> event = context -> context.getLogger("dev.sluice.server.Some")
                .atInfo()
                .addKeyValue("user", "a b")
                .addKeyValue("backend", "db1:3306")
                .log("up\nand running");

        String terminal = logged(LogConfig.defaults(), COLOURS, event);
        String pipe = logged(LogConfig.defaults(), PIPE, event);
        String forced = logged(new LogConfig(LogLevel.INFO, LogFormat.TEXT), PIPE, event);

        assertThat(terminal)
                .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} \u001b\\[32mINFO\u001b\\[0m  Some  up and"
                        + " running user=\"a b\" backend=db1:3306\n");
        assertThat(pipe).startsWith("{");
        assertThat(forced).doesNotContain("\u001b", "{").contains(" INFO  Some  up and running");
    }

    @Test
    void theLevelIsOursAndLibrariesOnlyWarn() {
        String out = logged(new LogConfig(LogLevel.TRACE, LogFormat.JSON), PIPE, context -> {
            for (String name : List.of("dev.sluice.A", "com.zaxxer.hikari.B", "com.mysql.C", "io.netty.D")) {
                context.getLogger(name).debug("fine");
                context.getLogger(name).warn("wrong");
            }
        });

        assertThat(out.lines().filter(line -> line.contains("fine")))
                .singleElement()
                .asString()
                .contains("dev.sluice.A");
        // Hikari warns with a stack trace of each connection that a dead backend takes with it: only its errors count.
        assertThat(out.lines().filter(line -> line.contains("wrong")))
                .hasSize(3)
                .noneMatch(line -> line.contains("hikari"));
    }

    @Test
    void changesAreLoggedAtAnyLevelAndWhateverElseWaits() {
        String out = logged(new LogConfig(LogLevel.ERROR, LogFormat.JSON), PIPE, context -> {
            context.getLogger("dev.sluice.A").info("other");
            context.getLogger(AuditLog.LOGGER_NAME).info("change");
        });
        assertThat(out.lines()).singleElement().asString().contains("\"dev.sluice.audit\"", "\"change\"");

        int flood = 20_000;
        String busy = logged(new LogConfig(LogLevel.INFO, LogFormat.JSON), PIPE, context -> {
            for (int i = 0; i < flood; i++) {
                context.getLogger("dev.sluice.A").info("other");
            }
            context.getLogger(AuditLog.LOGGER_NAME).info("change");
        });
        assertThat(busy.lines().filter(line -> line.contains("\"change\""))).hasSize(1);
    }

    @Test
    void aLoggedConfigurationDoesNotShowThePassword() {
        SluiceConfig config = SluiceConfig.withDefaults(
                new HostPort("127.0.0.1", 6033),
                Path.of("/tmp"),
                List.of(BackendConfig.of(new HostPort("db1", 3306))),
                MonitorConfig.of("m", Secret.of("hunter2")));

        String out = json(log -> log.atInfo().addKeyValue("config", config).log("starting"));

        assertThat(out).contains("password=******").doesNotContain("hunter2");
    }

    @Test
    void coloursAreLeftOutWhereNobodyWantsThem() {
        assertThat(Terminal.wantsColour(null, "xterm")).isTrue();
        assertThat(Terminal.wantsColour("1", "xterm")).isFalse();
        assertThat(Terminal.wantsColour(null, "dumb")).isFalse();
        assertThat(Terminal.wantsColour(null, null)).isFalse();
    }
}
