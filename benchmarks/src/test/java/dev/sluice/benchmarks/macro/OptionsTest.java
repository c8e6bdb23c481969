package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.cli.CliExtension;
import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.SluiceConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the command line and the files made from it say. */
class OptionsTest {
    private static final Servers SERVERS = new Servers(
            new HostPort("127.0.0.1", 3306),
            List.of(new HostPort("127.0.0.1", 3307), new HostPort("127.0.0.1", 3308)),
            new Login("app", "secret"),
            new Login("app", "secret"),
            new Login("watch\"er", "a${b}: #'\"\\c"),
            "app");

    @TempDir
    Path directory;

    @Test
    void theCommandIsFoundByTheCommandLineOfSluice() {
        assertThat(ServiceLoader.load(CliExtension.class))
                .singleElement()
                .satisfies(extension -> assertThat(extension.command()).isInstanceOf(BenchCommand.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--connections=0", "--seconds=0", "--percent=100", "--percent=-1"})
    void aShareOfNothingIsRefusedBeforeAnythingIsStarted(String option) {
        ShareCommand command = new ShareCommand();
        new CommandLine(command).parseArgs(option);

        assertThatThrownBy(command::call).isInstanceOf(CommandFailure.class).hasMessageContaining("must be positive");
    }

    @ParameterizedTest
    @ValueSource(strings = {"haproxy", "direct", "sluice", "netty-epoll", "twice"})
    void aPeerNeedsANameOfItsOwn(String name) {
        BenchCommand command = new BenchCommand();
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("--netty-relay=epoll", "--peer=twice=127.0.0.1:1", "--peer=" + name + "=127.0.0.1:1");

        assertThatThrownBy(command::call)
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining(name + " has a name that is taken");
    }

    @Test
    void loadsAndConnectionsAreLists() throws CommandFailure {
        WorkOptions options = work("--load", "sysbench-prepared,read-write", "--connections", "8,64");

        options.validate();

        assertThat(options.loads()).containsExactly(LoadKind.SYSBENCH_PREPARED, LoadKind.READ_WRITE);
        assertThat(options.connections(LoadKind.READ_WRITE)).containsExactly(8, 64);
        assertThat(options.connections(LoadKind.LARGE_RESULT)).containsExactly(1);
        assertThat(options.connections(LoadKind.IDLE)).containsExactly(10_000);
        assertThat(options.connectionsMax()).isEqualTo(64);
    }

    @Test
    void withoutOptionsTheBuiltInLoadsRun() throws CommandFailure {
        WorkOptions options = work();

        options.validate();

        assertThat(options.loads())
                .containsExactly(LoadKind.POINT_SELECT, LoadKind.POINT_SELECT_PREPARED, LoadKind.READ_WRITE);
        assertThat(options.measured()).isEqualTo(Duration.ofSeconds(5));
        assertThat(options.rounds()).isEqualTo(3);
        assertThat(options.warmUp()).isEqualTo(new WarmUp(Duration.ofSeconds(5), Duration.ofSeconds(120)));
        assertThat(options.description())
                .isEqualTo(
                        "3 rounds of 5 s in turns, 5 s of warm-up each, a JVM up to 120 s until its compilers are quiet,"
                                + " 10000 rows");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--seconds=0",
                "--rounds=0",
                "--warm-up=-1",
                "--warm-up-max=-1",
                "--rows=0",
                "--connections=8,0",
                "--result-mb=0",
                "--row-bytes=0",
                "--idle=0"
            })
    void numbersThatMakeNoSenseAreRejectedByName(String option) {
        WorkOptions options = work(option);

        assertThatThrownBy(options::validate)
                .isInstanceOf(CommandFailure.class)
                .hasMessageStartingWith(option.substring(0, option.indexOf('=')));
    }

    @Test
    void anUnknownLoadIsWrongUsageAndNamesTheKnownOnes() {
        StringWriter err = new StringWriter();

        int exitCode = new CommandLine(new BenchCommand())
                .setErr(new PrintWriter(err, true))
                .execute("--load", "nonsense");

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString()).contains("nonsense", "point-select-prepared");
    }

    @Test
    void aPeerHasANameAnAddressAndPerhapsAProcess() {
        assertThat(Peer.parse("proxysql=127.0.0.1:6033,pid=4711"))
                .isEqualTo(new Peer("proxysql", new HostPort("127.0.0.1", 6033), OptionalLong.of(4711)));
        assertThat(Peer.parse("router=[::1]:6446").pid()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "name", "=h:1", "n=h", "n=h:1,pid=", "n=h:1,pid=0", "n=h:1,pid=x", "n=h:1,cpu=1"})
    void aPeerOfAnotherFormIsRejectedWithTheForm(String text) {
        assertThatThrownBy(() -> Peer.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name=host:port");
    }

    @Test
    void theConfigurationOfSluiceIsOneThatSluiceAccepts() throws Exception {
        SluiceOptions options = new SluiceOptions();
        new CommandLine(options).parseArgs("--threads=2", "--pool=64", "--transport=nio");
        Path file = Files.writeString(
                directory.resolve("sluice.yaml"),
                options.launcher(options.base(), SERVERS, directory)
                        .configuration(new HostPort("127.0.0.1", 6033), new HostPort("127.0.0.1", 9104)));

        SluiceConfig config = new ConfigLoader().load(file);

        assertThat(config.backends())
                .extracting(backend -> backend.address().port())
                .containsExactly(3306, 3307, 3308);
        assertThat(config.process().effectiveEventLoops()).isEqualTo(2);
        assertThat(config.monitor().user()).isEqualTo("watch\"er");
        assertThat(config.monitor().password().reveal()).isEqualTo("a${b}: #'\"\\c");
        assertThat(config.pool().maxConnectionsPerBackend()).isEqualTo(64);
    }

    @Test
    void aVariantDiffersInItsSettingsOnly() throws Exception {
        SluiceOptions options = new SluiceOptions();
        new CommandLine(options).parseArgs("--threads=2", "--pool=64", "--jvm-option=-Da=b");

        List<SluiceVariant> variants = options.variants(List.of(
                "ring=transport:io_uring",
                "other=java:/opt/jdk",
                "other=jvm:-XX:FlightRecorderOptions=a=b,c=d",
                "other=config:routing.consistency=none",
                "ring=pool:4",
                "other=tls:on"));

        assertThat(variants).extracting(SluiceVariant::name).containsExactly("sluice", "ring", "other");
        assertThat(variants.get(1).usesIoUring()).isTrue();
        assertThat(variants.get(1).pool()).isEqualTo(4);
        assertThat(variants.get(1).threads()).isEqualTo(2);
        assertThat(variants.get(2).javaHome()).isEqualTo(Path.of("/opt/jdk"));
        assertThat(variants.get(2).jvmOptions()).containsExactly("-Da=b", "-XX:FlightRecorderOptions=a=b,c=d");
        assertThat(variants.get(2).readsItsWrites()).isFalse();
        assertThat(variants.get(2).tls()).isTrue();
        assertThat(variants.get(0)).isEqualTo(options.base());
    }

    @Test
    void moreKeysOfAVariantGoWhereTheyBelong() throws Exception {
        SluiceOptions options = new SluiceOptions();
        List<SluiceVariant> variants = options.variants(
                List.of("v=config:routing.consistency=none", "v=config:pool.idle-timeout=5m", "v=tls:on"));
        String text = options.launcher(variants.get(1), SERVERS, directory)
                .configuration(new HostPort("127.0.0.1", 6033), new HostPort("127.0.0.1", 9104));

        SluiceConfig config = new ConfigLoader().load(Files.writeString(directory.resolve("v.yaml"), text));

        assertThat(config.pool().idleTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.pool().maxConnectionsPerBackend()).isEqualTo(100);
        assertThat(text).contains("consistency: none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "name",
                "name=transport",
                "name=transport:",
                "=transport:nio",
                "name=color:red",
                "name=pool:x",
                "name=tls:yes",
                "name=config:key",
                "sluice=transport:nio",
                "haproxy=transport:nio"
            })
    void aVariantOfAnotherFormIsRefused(String option) {
        assertThatThrownBy(() -> new SluiceOptions().variants(List.of(option)))
                .isInstanceOf(CommandFailure.class)
                .hasMessageStartingWith("--variant " + option);
    }

    @Test
    void aMarkdownReportNeedsAFile() {
        BenchCommand command = new BenchCommand();
        new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs("--output=markdown");

        assertThatThrownBy(command::call).isInstanceOf(CommandFailure.class).hasMessageContaining("--out");
    }

    @Test
    void tooManyIdleConnectionsAreRefusedBeforeAnythingIsStarted() {
        BenchCommand command = new BenchCommand();
        new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs("--load=idle", "--idle=1000000");

        assertThatThrownBy(command::call).isInstanceOf(CommandFailure.class).hasMessageContaining("ulimit -n");
    }

    @Test
    void theLargeResultIsAsLongAsAskedFor() {
        assertThat(work("--result-mb=2", "--row-bytes=195").largeResultQuery())
                .isEqualTo("SELECT REPEAT('x', 195) AS v FROM sbtest1 a, sbtest1 b, sbtest1 c LIMIT 10000");
    }

    @Test
    void haProxySpreadsReadsAndSendsWritesToThePrimary() throws IOException {
        String text = new HaProxy(Path.of("haproxy"), 1, SERVERS, directory)
                .configuration(new HostPort("127.0.0.1", 1), new HostPort("127.0.0.1", 2));

        assertThat(text)
                .contains("nbthread 1\n", "mode tcp\n")
                .contains("listen reads\n  bind 127.0.0.1:1\n  server s0 127.0.0.1:3307\n  server s1 127.0.0.1:3308\n")
                .endsWith("listen writes\n  bind 127.0.0.1:2\n  server s0 127.0.0.1:3306\n");
    }

    private static WorkOptions work(String... arguments) {
        WorkOptions options = new WorkOptions();
        new CommandLine(options).parseArgs(arguments);
        return options;
    }
}
