package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.router.balance.BalancerKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
    private static final Path DIRECTORY = Path.of("/etc/sluice");
    private static final String COMPLETE = """
            listen: 127.0.0.1:6033
            backends:
              - address: 127.0.0.1:3306
              - address: 127.0.0.1:3307
              - address: 127.0.0.1:3308
            monitor:
              user: sluice_monitor
              password: secret
            """;

    private static SluiceConfig load(String text) throws ConfigException {
        return load(text, Map.of());
    }

    private static SluiceConfig load(String text, Map<String, String> environment) throws ConfigException {
        return new ConfigLoader(environment::get).parse(text, "sluice.yaml", DIRECTORY);
    }

    private static List<String> problems(String text) {
        return problems(text, Map.of());
    }

    private static List<String> problems(String text, Map<String, String> environment) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> load(text, environment));
        assertThat(e).as("the file must be rejected").isNotNull();
        return e.problems().stream().map(ConfigProblem::toString).toList();
    }

    @Test
    void theSmallestCompleteFileGivesEveryDefault() throws ConfigException {
        SluiceConfig config = load(COMPLETE);

        SluiceConfig expected = SluiceConfig.withDefaults(
                new HostPort("127.0.0.1", 6033),
                DIRECTORY.resolve("sluice-state"),
                IntStream.range(3306, 3309)
                        .mapToObj(port -> BackendConfig.of(new HostPort("127.0.0.1", port)))
                        .toList(),
                MonitorConfig.of("sluice_monitor", Secret.of("secret")));
        assertThat(config).isEqualTo(expected);
        assertThat(config.pool().maxConnectionsPerBackend()).isEqualTo(100);
        assertThat(config.pool().maxConnections()).isZero();
        assertThat(config.monitor().interval()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.routing().classifier().parseBytesMax()).isEqualTo(16_384);
        assertThat(config.metrics().listen()).isEmpty();
    }

    @Test
    void everyKeyIsBoundToItsOwnComponent() throws ConfigException {
        SluiceConfig config = load("""
                listen: "[::1]:0"
                server-version: 8.0.31-sluice
                event-loops: 3
                transport: nio
                state-dir: state
                backends:
                  - {address: "db1:3306", weight: 7, zone: b, max-connections: 11}
                  - address: db2:3306
                monitor:
                  {user: m, password: "p w", interval: 1s, timeout: 3s, max-lag: 4s, discover: true, discover-keep: 27s,
                   slow-start: 24s, heartbeat: write, heartbeat-table: ops.beat}
                routing:
                  read-splitting: false
                  balance: lblcr
                  balance-client: user
                  consistency: none
                  users: [{name: report, consistency: global}]
                  causal-wait: 5ms
                  sticky-after-write: 6s
                  others-write: true
                  zone: a
                  zone-overload: 24
                  parse-cache-entries: 5
                  parse-bytes-max: 6KiB
                  parse-deadline: 7ms
                  statement-bytes-max-classified: 8KiB
                pool:
                  max-connections-per-backend: 9
                  max-connections: 34
                  idle-timeout: 10s
                  max-age: 11m
                  acquire-timeout: 12ms
                  waiting-max: 13
                  waiting-bytes-max: 25KiB
                  primary-timeout: 26s
                  connect-timeout: 14s
                  proxy-protocol: v2
                access: {allow: [10.0.0.0/8, "app@fd00::/8"], deny: "root@*", proxies: [10.3.0.0/16]}
                limits:
                  max-connections: 15
                  max-connections-per-user: 28
                  max-connections-per-address: 29
                  login-attempts-per-second: 30
                  login-attempts-burst: 31
                  shared-addresses: [10.0.0.7]
                  connect-phase-timeout: 16s
                  idle-timeout: 17h
                  net-write-timeout: 35s
                  frontend-buffer: 18KiB
                  backend-buffer: 19KiB
                  buffered-bytes: 32MiB
                  prepared-statements-max: 20
                  prepared-texts: 21MiB
                tls:
                  frontend: {mode: required, cert: c.pem, key: /k.pem, client-certificates: optional, client-ca: cc.pem}
                  backend: {mode: required, ca: ../ca.pem, verify-identity: true, cert: bc.pem, key: bk.pem}
                compression: {frontend: false, backend: zstd}
                auth: {credential-proof-age: 21s, credentials-max: 22}
                metrics: {listen: "0.0.0.0:9104"}
                admin:
                  listen: "0.0.0.0:9105"
                  allow-remote: true
                  login-attempts-per-second: 33
                  user: op
                  password: pw
                  token: tok
                  switchover-user: sw
                  switchover-password: swpw
                  replication-user: re
                  replication-password: repw
                log: {level: debug, format: json}
                shutdown: {drain-timeout: 23s}
                """);

        assertThat(config.toString())
                .isEqualTo("SluiceConfig[listen=[::1]:0, process=ProcessConfig[serverVersion=Optional[8.0.31-sluice],"
                        + " eventLoops=3, transport=NIO, stateDir=/etc/sluice/state],"
                        + " backends=[BackendConfig[address=db1:3306, weight=7, zone=Optional[b], maxConnections=11],"
                        + " BackendConfig[address=db2:3306, weight=1, zone=Optional.empty, maxConnections=9]],"
                        + " monitor=MonitorConfig[user=m, password=******, interval=PT1S, timeout=PT3S, maxLag=PT4S,"
                        + " discover=DiscoverConfig[use=true, keep=PT27S], slowStart=PT24S, heartbeat=HeartbeatConfig[mode=WRITE, table=ops.beat]],"
                        + " routing=RoutingConfig[readSplitting=false, balance=BalanceConfig[kind=LBLCR, client=USER,"
                        + " zone=Optional[a], zoneOverload=24], consistency=ConsistencyConfig[mode=NONE,"
                        + " byUser={report=GLOBAL}, causalWait=PT0.005S, stickyAfterWrite=PT6S, othersWrite=true],"
                        + " classifier=ClassifierConfig[parseCacheEntries=5, parseBytesMax=6144,"
                        + " parseDeadline=PT0.007S, statementBytesMaxClassified=8192]],"
                        + " pool=PoolConfig[maxConnectionsPerBackend=9, maxConnections=34, idleTimeout=PT10S, maxAge=PT11M,"
                        + " acquireTimeout=PT0.012S, waiting=Waiting[max=13, bytesMax=25600, primaryTimeout=PT26S], connectTimeout=PT14S,"
                        + " proxyProtocol=V2],"
                        + " access=AccessConfig[allow=10.0.0.0/8, app@fd00::/8, deny=root@*, proxies=10.3.0.0/16],"
                        + " limits=LimitsConfig[maxConnections=15, perClient=PerClient[maxConnectionsPerUser=28,"
                        + " maxConnectionsPerAddress=29, loginAttemptsPerSecond=30, loginAttemptsBurst=31,"
                        + " sharedAddresses=10.0.0.7], connectPhaseTimeout=PT16S, idleTimeout=PT17H, netWriteTimeout=PT35S,"
                        + " frontendBuffer=18432, backendBuffer=19456, bufferedBytes=33554432, preparedStatementsMax=20, preparedTexts=22020096],"
                        + " tls=TlsConfig[frontend=Frontend[mode=REQUIRED,"
                        + " identity=Optional[PemIdentity[cert=/etc/sluice/c.pem, key=/k.pem]],"
                        + " clientCertificates=OPTIONAL, clientCa=Optional[/etc/sluice/cc.pem]],"
                        + " backend=Backend[mode=REQUIRED, ca=Optional[/etc/ca.pem], verifyIdentity=true,"
                        + " identity=Optional[PemIdentity[cert=/etc/sluice/bc.pem, key=/etc/sluice/bk.pem]]]],"
                        + " compression=CompressionConfig[frontend=false, backend=ZSTD],"
                        + " auth=AuthConfig[credentialProofAge=PT21S, credentialsMax=22],"
                        + " switchover=SwitchoverConfig[user=Optional[sw], password=Optional[******],"
                        + " replicationUser=Optional[re], replicationPassword=Optional[******]],"
                        + " metrics=MetricsConfig[listen=Optional[0.0.0.0:9104]],"
                        + " admin=AdminConfig[port=Optional[Port[listen=0.0.0.0:9105, user=op, password=******]],"
                        + " apiToken=Optional[******], allowRemote=true, loginAttemptsPerSecond=33],"
                        + " log=LogConfig[level=DEBUG, format=JSON], shutdown=ShutdownConfig[drainTimeout=PT23S]]");
        assertThat(config.monitor().password().reveal()).isEqualTo("p w");
    }

    @Test
    void allProblemsOfAFileAreReportedAtOnceInItsOrder() {
        List<String> problems = problems("""
                listen: 127.0.0.1
                backends:
                  - address: db1:3306
                    weight: abc
                  - address: db1:3306
                    wieght: 1
                  - zone: a
                monitor:
                  usr: m
                  interval: 10
                pool:
                  idle-timeout: 5 minutes
                  idle-timeout: 5m
                  waiting-max: -1
                log: loud
                tls:
                  frontend:
                    mode: prefered
                    cert: c.pem
                listen: 127.0.0.1:1
                """);

        assertThat(problems)
                .containsExactly(
                        "sluice.yaml:1:9: listen: \"127.0.0.1\" has no port; write host:port, for example 127.0.0.1:3306",
                        "sluice.yaml:4:13: backends[0].weight: \"abc\" is not a whole number; write a number from 0 to"
                                + " 1000",
                        "sluice.yaml:5:14: backends[1].address: db1:3306 is also backends[0].address; list every server"
                                + " once",
                        "sluice.yaml:6:5: backends[1].wieght: is not a known key; did you mean weight?",
                        "sluice.yaml:7:5: backends[2].address: is missing; write address: host:port",
                        "sluice.yaml:9:3: monitor.usr: is not a known key; did you mean user?",
                        "sluice.yaml:9:3: monitor.user: is missing; write user: NAME",
                        "sluice.yaml:9:3: monitor.password: is missing; write password, password-file or password:"
                                + " ${NAME}",
                        "sluice.yaml:10:13: monitor.interval: \"10\" is a duration without a unit; write a number and"
                                + " one of ms, s, m, h, d, for example 10s",
                        "sluice.yaml:12:17: pool.idle-timeout: \"5 minutes\" has the unknown unit minutes; write a number"
                                + " and one of ms, s, m, h, d, for example 10s",
                        "sluice.yaml:13:3: pool.idle-timeout: is given twice, first in line 12; remove one of them",
                        "sluice.yaml:14:16: pool.waiting-max: \"-1\" is out of range; write a value from 0 to 1000000",
                        "sluice.yaml:15:6: log: is a single value and not a section; write its keys indented below it",
                        "sluice.yaml:18:5: tls.frontend.key: is missing; name the private key of cert, or remove cert",
                        "sluice.yaml:18:11: tls.frontend.mode: \"prefered\" is not one of the choices; did you mean"
                                + " preferred? The choices are preferred, required, off",
                        "sluice.yaml:20:1: listen: is given twice, first in line 1; remove one of them");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max_connections: 5 | max_connections: is not a known key; did you mean backends[].max-connections or pool.max-connections or limits.max-connections?",
                "poool: {} | poool: is not a known key; did you mean pool?",
                "eventLoops: 4 | eventLoops: is not a known key; did you mean event-loops?",
                "max-lag: 1s | max-lag: is not a known key; did you mean monitor.max-lag?",
                "routing: {read-your-writes: true} | routing.read-your-writes: is a key of an earlier version; write routing.consistency: session where it was true, none where it was false",
                "routing: {users: [{consistency: none}]} | routing.users[0].name: is missing; write name: NAME",
                "routing: {users: [{name: a}, {name: a}]} | routing.users[1].name: names a user who is in the list already; list every user once",
                "log: {levle: info} | log.levle: is not a known key; did you mean level?",
                "log: {colour: true} | log.colour: is not a known key; remove it; the keys here are level, format",
                "tls: {backend: {ca: x}} | tls.backend.ca: verifies nothing while a server may offer no TLS at all; write"
                        + " tls.backend.mode: required or remove ca",
                "tls: {backend: {mode: required, verify-identity: true}} | tls.backend.verify-identity: verifies nothing while"
                        + " any certificate is accepted; name the authorities in tls.backend.ca",
                "tls: {backend: {cert: x}} | tls.backend.key: is missing; name the private key of cert, or remove cert",
                "tls: {frontend: {client-ca: x}} | tls.frontend.client-ca: has no effect while clients are asked for no"
                        + " certificate; write client-certificates: required, or remove client-ca",
                "tls: {frontend: {client-certificates: optional}} | tls.frontend.client-ca: is missing; name the"
                        + " authorities of clients, or remove client-certificates",
                "tls: {frontend: {client-certificates: required, client-ca: x}} | tls.frontend.client-certificates: demands"
                        + " nothing of clients without TLS; write tls.frontend.mode: required or use optional",
                "tls: {frontend: {mode: off, client-certificates: optional, client-ca: x}} |"
                        + " tls.frontend.client-certificates: has no effect without TLS; remove it or tls.frontend.mode: off",
                "tls: {frontend: {key: x}} | tls.frontend.cert: is missing; name the certificate of key, or remove key",
                "event-loops: | event-loops: has no value; write one or remove the key",
                "event-loops: [1] | event-loops: is a list and not a single value; write one value",
                "[1]: 2 | a key is a list; write a name",
                "access: {allow: [10.0.0.0/8, {a: b}]} | access.allow: is a list and not a single value; write one value",
                "access: {allow: []} | access.allow: \"\": has an empty entry; write addresses or networks, for example"
                        + " [10.0.0.0/8, 'fd00::/8'], or none",
                "access: {deny: [10.0.0.1/8]} | access.deny: \"10.0.0.1/8\": \"10.0.0.1/8\" has bits beyond its prefix; write"
                        + " addresses or networks, for example [10.0.0.0/8, 'fd00::/8'], or none",
                "limits: {shared-addresses: root@*} | limits.shared-addresses: \"root@*\" names a user; write networks only",
                "limits: [] | limits: is a list and not a section; write its keys indented below it",
                "metrics: {listen: 9104} | metrics.listen: \"9104\" has no port; write host:port, for example"
                        + " 127.0.0.1:3306",
                "metrics: {listen: '::1:80'} | metrics.listen: \"::1:80\" is an IPv6 address without brackets; write"
                        + " host:port, for example 127.0.0.1:3306",
                "routing: {read-splitting: yes} | routing.read-splitting: \"yes\" is not a boolean; write true or false",
                "limits: {frontend-buffer: 64k} | limits.frontend-buffer: \"64k\" has the unknown unit k; did you mean"
                        + " 64KiB?",
                "limits: {frontend-buffer: 65536} | limits.frontend-buffer: \"65536\" is a size without a unit; write a"
                        + " number and one of B, KiB, MiB, GiB, for example 16KiB",
                "limits: {frontend-buffer: 9GiB} | limits.frontend-buffer: \"9GiB\" is too large; write less than 2GiB",
                "limits: {frontend-buffer: 1B} | limits.frontend-buffer: \"1B\" is out of range; write a value from"
                        + " 16KiB to 256MiB",
                "routing: {balance: random} | routing.balance: \"random\" is not one of the choices; write one of"
                        + " rr, wrr, lc, wlc, sed, nq, sh, dh, lblc, lblcr, p2c",
                "server-version: ' ' | server-version: \" \" is out of range; write a value from 1 to 60 characters",
                "server-version: a${ | server-version: a reference to an environment variable is malformed; write"
                        + " ${NAME}, or $${ for a literal ${",
                "server-version: ${NOPE} | server-version: the environment variable NOPE is not set; set it or write"
                        + " the value here",
            })
    void eachKindOfProblemNamesItsRemedy(String line, String expected) {
        List<String> problems = problems(COMPLETE + line + "\n");

        assertThat(problems)
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem).matches("sluice\\.yaml:9:\\d+: .*").endsWith(": " + expected));
    }

    @Test
    void backendsMustBeAListOfOneToSixtyFourServers() {
        String head = "listen: a:1\nmonitor: {user: m, password: p}\n";
        String many = IntStream.range(1, 66)
                .mapToObj(i -> "- address: db:" + i)
                .collect(Collectors.joining("\n", "backends:\n", "\n"));

        assertThat(problems(head))
                .containsExactly(
                        "sluice.yaml:1:1: backends: is missing; list at least one server as - address: host:port");
        assertThat(problems(head + "backends: []"))
                .containsExactly(
                        "sluice.yaml:3:11: backends: is empty; list at least one server as - address: host:port");
        assertThat(problems(head + "backends:"))
                .containsExactly(
                        "sluice.yaml:3:10: backends: is empty; write each element on its own line, starting with"
                                + " a dash");
        assertThat(problems(head + "backends: [db:3306]"))
                .contains("sluice.yaml:3:12: backends[0]: is a single value and not a section; write - address:"
                        + " host:port");
        assertThat(problems(head + many))
                .containsExactly("sluice.yaml:4:1: backends: lists 65 servers; list at most 64");
    }

    @Test
    void aFileThatIsNotYamlIsReportedWithItsPlaceAndWithoutItsContent() {
        List<String> problems = problems("listen: a:1\nmonitor:\n  password: hunter2: x\n");

        assertThat(problems)
                .singleElement()
                .satisfies(problem -> assertThat(problem)
                        .startsWith("sluice.yaml:3:20: not valid YAML: ")
                        .doesNotContain("hunter2"));
    }

    @Test
    void anEmptyFileAndAListAreRejectedWithOneProblemEach() {
        assertThat(problems("# nothing\n"))
                .containsExactly("sluice.yaml: the file is empty; a complete one has listen, backends and monitor");
        assertThat(problems("- a\n"))
                .containsExactly("sluice.yaml:1:1: the file is a list and not a mapping; start with listen: host:port");
    }

    @Test
    void circularAliasesEndInProblemsAndNotInAnEndlessWalk() {
        assertThat(problems(COMPLETE + "log: &a\n  level: *a\n"))
                .containsExactly("sluice.yaml:9:6: log.level: is a section and not a single value; write one value");
    }

    @Test
    void environmentVariablesAreReplacedAnywhereInAScalar() throws ConfigException {
        String text = COMPLETE.replace("secret", "\"a${P}b$${P}\"").replace("6033", "${PORT}");

        SluiceConfig config = load(text, Map.of("P", "$1: {x", "PORT", "7000"));

        assertThat(config.monitor().password().reveal()).isEqualTo("a$1: {xb${P}");
        assertThat(config.listen().port()).isEqualTo(7000);
    }

    @Test
    void aWrongValueFromTheEnvironmentIsNotShown() {
        assertThat(problems(COMPLETE + "event-loops: ${PASSWORD}\n", Map.of("PASSWORD", "hunter2")))
                .containsExactly("sluice.yaml:9:14: event-loops: \"${PASSWORD}\" is not a whole number; write a number"
                        + " from 0 to 1024");
    }

    @Test
    void theStateDirectoryOfSystemdIsTheDefaultWhereItIsGiven() throws ConfigException {
        SluiceConfig config = load(COMPLETE, Map.of("STATE_DIRECTORY", "/var/lib/sluice:/var/lib/other"));

        assertThat(config.process().stateDir()).isEqualTo(Path.of("/var/lib/sluice"));
    }

    @Test
    void thePasswordFileIsReadRelativeToTheConfigurationFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, COMPLETE.replace("password: secret", "password-file: pw"));
        Files.writeString(directory.resolve("pw"), "s3 cret\nsecond line\n");

        SluiceConfig config = new ConfigLoader().load(file);

        assertThat(config.monitor().password().reveal()).isEqualTo("s3 cret");
    }

    @Test
    void aPasswordFileThatCannotServeIsReported(@TempDir Path directory) throws Exception {
        Files.createFile(directory.resolve("empty"));
        ConfigLoader loader = new ConfigLoader(Map.<String, String>of()::get);
        String text = COMPLETE.replace("password: secret", "password-file: FILE");

        assertThatThrownBy(() -> loader.parse(text.replace("FILE", "none"), "f", directory))
                .hasMessage("f:8:18: monitor.password-file: " + directory.resolve("none")
                        + " does not exist; create it or correct the path");
        assertThatThrownBy(() -> loader.parse(text.replace("FILE", "empty"), "f", directory))
                .hasMessage("f:8:18: monitor.password-file: " + directory.resolve("empty")
                        + " has an empty first line; write the password there");
        assertThatThrownBy(() -> loader.parse(text.replace("FILE", "."), "f", directory))
                .hasMessageStartingWith("f:8:18: monitor.password-file: " + directory + " cannot be read");
        assertThatThrownBy(() -> loader.parse(text + "  password: x\n", "f", directory))
                .hasMessageContaining("monitor.password-file: is given beside monitor.password; keep one of them");
    }

    @Test
    void aFileThatCannotBeReadIsOneProblem(@TempDir Path directory) throws Exception {
        Path missing = directory.resolve("missing.yaml");
        Path binary = Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe});

        assertThatThrownBy(() -> new ConfigLoader().load(missing))
                .hasMessage(missing + ": the file does not exist; create it or correct --config");
        assertThatThrownBy(() -> new ConfigLoader().load(binary))
                .hasMessage(binary + ": the file is not UTF-8 text; convert it");
    }

    @ParameterizedTest
    @CsvSource({"weighted-round-robin, WRR", "least-connections, WLC", "wrr, WRR", "lc, LC", "p2c, P2C"})
    void balancersAreKnownByTheirShortNamesAndByTheirEarlierOnes(String name, BalancerKind kind) throws Exception {
        assertThat(load(COMPLETE + "routing: {balance: " + name + "}\n")
                        .routing()
                        .balance()
                        .kind())
                .isEqualTo(kind);
    }
}
