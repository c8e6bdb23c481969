package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line client and the dump of MariaDB, both over libmariadb, where they are installed. */
@Timeout(240)
class MariaDbClientDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
            "mariadb (command line)",
            "Debian mariadb-client",
            "one conversation with each of 6 sets of options: forms of output, unbuffered results, compression, TLS;"
                    + " a dump");

    private static final Path DIRECTORY = ClientProgram.script("mariadb");
    private static final Path CONVERSATION = DIRECTORY.resolve("conversation.sql");
    private static final String PRIMARY = "1";
    private static final Pattern VERSION = Pattern.compile("Distrib ([\\d.]+)-MariaDB|from ([\\d.]+)-MariaDB");
    /** The role that is asked for, and the id of the server that answered. */
    private static final Pattern ROUTE = Pattern.compile("ROUTE (primary|replica) server (\\d)");
    /** What is never the same: times and ids of connections. */
    private static final Pattern CHANGING = Pattern.compile("\\(\\d+\\.\\d+ sec\\)|(?<=Connection id: {1,8})\\d+");

    private static String client = "";
    private static String dump = "";
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> found = ClientProgram.find("mariadb");
        Optional<Path> dumping = ClientProgram.find("mariadb-dump");
        if (found.isEmpty() || dumping.isEmpty()) {
            REPORT.notInstalled("mariadb and mariadb-dump (Debian: mariadb-client)");
        }
        client = found.orElseThrow().toString();
        dump = dumping.orElseThrow().toString();
        Matcher version = VERSION.matcher(
                ClientProgram.run(DIRECTORY, Map.of(), client, "--version").output());
        assertThat(version.find()).isTrue();
        REPORT.version(version.group(1) == null ? version.group(2) : version.group(1));
        JdbcConversation.prepare(Servers.mysql().primary());
        assertThat(Servers.mysql().primary().queryValue("SELECT @@server_id"))
                .as("what is taken for the primary")
                .isEqualTo(PRIMARY);
        Servers.mysql().primary().execute("SET GLOBAL local_infile = ON");
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        if (proxy != null) {
            proxy.close();
            Servers.mysql().primary().execute("SET GLOBAL local_infile = OFF");
            JdbcConversation.dropAll(Servers.mysql().primary());
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--table --verbose --verbose --verbose --show-warnings --column-type-info",
                "--batch --raw --quick --compress",
                "--xml --ssl --init-command=SET@SESSION@sql_mode='ANSI_QUOTES'",
                "--vertical --safe-updates --binary-as-hex",
                "--html --default-character-set=latin1 --show-warnings",
                "--table --skip-reconnect --net-buffer-length=1024 --ignore-spaces",
            })
    void itCannotTell(String options) throws Exception {
        List<String> all = new ArrayList<>(List.of("--force", "--unbuffered", "--local-infile=1"));
        for (String option : options.split(" ", -1)) {
            all.add(option.replace('@', ' '));
        }
        String direct = talk(Servers.mysql().primary().port(), all);
        // The parser may need a moment to know a read of this form as one: until then it runs on the primary.
        await().atMost(TestProxy.SOON.multipliedBy(3)).untilAsserted(() -> {
            String proxied = talk(proxy.port(), all);
            assertSame(direct, proxied);
            assertThat(ROUTE.matcher(proxied).results().filter(MariaDbClientDriverIT::isElsewhere))
                    .isEmpty();
        });
        assertThat(ROUTE.matcher(direct).results().filter(MariaDbClientDriverIT::isElsewhere))
                .as("reads of replicas that the primary answered, asked itself")
                .hasSize(3);
    }

    @Test
    void aDumpIsTheSame() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "DROP TABLE IF EXISTS app.drv_w",
                        "CREATE TABLE app.drv_w (id INT PRIMARY KEY, b BLOB, g INT AS (id * 2), s VARCHAR(20))",
                        "INSERT INTO app.drv_w (id, b, s) VALUES (1, x'00ff27', 'grüße 🙂'), (2, NULL, NULL)");
        proxy.awaitCaughtUp();
        List<String> options = List.of("--single-transaction", "--hex-blob", "--skip-dump-date", "--no-tablespaces");
        String direct = dump(Servers.mysql().primary().port(), options);
        assertThat(direct).contains("CREATE TABLE `drv_w`", "0x00FF27", "Dump completed");
        assertSame(direct, dump(proxy.port(), options));
    }

    private static boolean isElsewhere(MatchResult route) {
        return route.group(1).equals("primary") != route.group(2).equals(PRIMARY);
    }

    private static void assertSame(String direct, String proxied) {
        Transcript one = new Transcript();
        one.begin("conversation");
        withoutRoutes(direct).lines().forEach(one::add);
        Transcript other = new Transcript();
        other.begin("conversation");
        withoutRoutes(proxied).lines().forEach(other::add);
        other.assertSameAs(one);
    }

    private static String withoutRoutes(String output) {
        return ROUTE.matcher(output).replaceAll("ROUTE $1 server ?");
    }

    private static String talk(int port, List<String> options) throws IOException, InterruptedException {
        Servers.mysql()
                .primary()
                .execute("DROP TABLE IF EXISTS app.drv_w", "DROP PROCEDURE IF EXISTS app.drv_of_client");
        proxy.awaitCaughtUp();
        ClientProgram.Ended ended =
                ClientProgram.run(DIRECTORY, Map.of(), CONVERSATION, command(client, port, options));
        // With --force it says by its code only that some of the statements failed, as they should.
        assertThat(ended.output()).hasSizeGreaterThan(100_000).doesNotContain("ERROR 20");
        return CHANGING.matcher(ended.output()).replaceAll("?");
    }

    private static String dump(int port, List<String> options) throws IOException, InterruptedException {
        ClientProgram.Ended ended =
                ClientProgram.run(DIRECTORY, Map.of(), Path.of("/dev/null"), command(dump, port, options));
        assertThat(ended.code()).as(ended.output()).isZero();
        return ended.output();
    }

    private static List<String> command(String program, int port, List<String> options) {
        List<String> command = new ArrayList<>(List.of(program, "--no-defaults", "--protocol=TCP", "--host=127.0.0.1"));
        command.addAll(List.of("--port=" + port, "--user=" + Accounts.APP_USER, "--password=" + Accounts.APP_PASSWORD));
        if (options.stream().noneMatch(option -> option.startsWith("--default-character-set"))) {
            command.add("--default-character-set=utf8mb4");
        }
        command.addAll(options);
        command.add(Accounts.DATABASE);
        return command;
    }
}
