package dev.sluice.server.config;

import dev.sluice.router.session.Consistency;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Turns the scalars of a {@link ConfigDocument} into the configuration records. A wrong value is reported and replaced
 * by its default, so that the rest of the file is still checked; the records are handed out only if nothing was wrong.
 * Confined to the loading thread.
 */
final class ConfigBinder {
    private static final HostPort ANY_ADDRESS = new HostPort("localhost", 1);

    private final ConfigDocument document;
    private final Problems problems;
    private final Path directory;
    private final Function<String, @Nullable String> environment;
    private final VariableReferences references;

    /**
     * Prepares to bind one file.
     *
     * @param directory what relative paths are relative to
     */
    ConfigBinder(
            ConfigDocument document,
            Problems problems,
            Path directory,
            Function<String, @Nullable String> environment) {
        this.document = document;
        this.problems = problems;
        this.directory = directory;
        this.environment = environment;
        this.references = new VariableReferences(environment);
    }

    SluiceConfig bind() throws ConfigException {
        HostPort listen = required(ConfigKeys.LISTEN, "listen", ANY_ADDRESS);
        ProcessConfig process = process();
        PoolConfig pool = pool();
        List<BackendConfig> backends = backends(pool);
        MonitorConfig monitor = monitor();
        RoutingConfig routing = routing();
        AccessConfig access = new AccessConfig(
                value(ConfigKeys.ACCESS_ALLOW), value(ConfigKeys.ACCESS_DENY), value(ConfigKeys.ACCESS_PROXIES));
        LimitsConfig limits = limits();
        TlsConfig tls = tls();
        AuthConfig auth =
                new AuthConfig(value(ConfigKeys.AUTH_CREDENTIAL_PROOF_AGE), value(ConfigKeys.AUTH_CREDENTIALS_MAX));
        SwitchoverConfig switchover = new SwitchoverConfig(
                optional(ConfigKeys.ADMIN_SWITCHOVER_USER),
                secret(ConfigKeys.ADMIN_SWITCHOVER_PASSWORD, ConfigKeys.ADMIN_SWITCHOVER_PASSWORD_FILE),
                optional(ConfigKeys.ADMIN_REPLICATION_USER),
                secret(ConfigKeys.ADMIN_REPLICATION_PASSWORD, ConfigKeys.ADMIN_REPLICATION_PASSWORD_FILE));
        MetricsConfig metrics = new MetricsConfig(optional(ConfigKeys.METRICS_LISTEN));
        AdminConfig admin = admin();
        LogConfig log = new LogConfig(value(ConfigKeys.LOG_LEVEL), value(ConfigKeys.LOG_FORMAT));
        ShutdownConfig shutdown = new ShutdownConfig(value(ConfigKeys.SHUTDOWN_DRAIN_TIMEOUT));
        problems.throwIfAny();
        return new SluiceConfig(
                listen,
                process,
                backends,
                monitor,
                routing,
                pool,
                access,
                limits,
                tls,
                new CompressionConfig(value(ConfigKeys.COMPRESSION_FRONTEND), value(ConfigKeys.COMPRESSION_BACKEND)),
                auth,
                switchover,
                metrics,
                admin,
                log,
                shutdown);
    }

    private ProcessConfig process() {
        return new ProcessConfig(
                optional(ConfigKeys.SERVER_VERSION),
                value(ConfigKeys.EVENT_LOOPS),
                value(ConfigKeys.TRANSPORT),
                optional(ConfigKeys.STATE_DIR).map(this::resolve).orElseGet(this::defaultStateDir));
    }

    /** systemd may hand over several directories, separated by colons; the first is ours. */
    private Path defaultStateDir() {
        @Nullable String given = environment.apply("STATE_DIRECTORY");
        return given == null || given.isBlank() ? resolve(Path.of("sluice-state")) : Path.of(given.split(":", 2)[0]);
    }

    private List<BackendConfig> backends(PoolConfig pool) {
        List<BackendConfig> backends = new ArrayList<>();
        Map<HostPort, String> addresses = new HashMap<>();
        for (int i = 0; i < document.listSize("backends"); i++) {
            String prefix = "backends[" + i + "].";
            Optional<HostPort> address = read(ConfigKeys.BACKEND_ADDRESS, prefix + "address");
            if (!document.mentions(prefix + "address")) {
                missing("backends[" + i + "]", "address", "write address: host:port");
            }
            address.ifPresent(given -> {
                @Nullable String first = addresses.putIfAbsent(given, prefix + "address");
                if (first != null) {
                    reportScalar(prefix + "address", given + " is also " + first, "list every server once");
                }
            });
            backends.add(new BackendConfig(
                    address.orElse(ANY_ADDRESS),
                    read(ConfigKeys.BACKEND_WEIGHT, prefix + "weight")
                            .orElseGet(ConfigKeys.BACKEND_WEIGHT::defaultValue),
                    read(ConfigKeys.BACKEND_ZONE, prefix + "zone"),
                    read(ConfigKeys.BACKEND_MAX_CONNECTIONS, prefix + "max-connections")
                            .orElse(pool.maxConnectionsPerBackend())));
        }
        checkNumber(backends.size());
        return backends;
    }

    private void checkNumber(int backends) {
        Node section = document.section("backends");
        if (backends > SluiceConfig.BACKENDS_MAX) {
            String what = "lists " + backends + " servers";
            problems.add(section, "backends", what, "list at most " + SluiceConfig.BACKENDS_MAX);
        } else if (!document.mentions("backends")) {
            missing("", "backends", "list at least one server as - address: host:port");
        } else if (document.section("backends") instanceof SequenceNode && backends == 0) {
            problems.add(section, "backends", "is empty", "list at least one server as - address: host:port");
        }
    }

    private MonitorConfig monitor() {
        String user = required(ConfigKeys.MONITOR_USER, "monitor.user", "unknown");
        return new MonitorConfig(
                user,
                monitorPassword(),
                value(ConfigKeys.MONITOR_INTERVAL),
                value(ConfigKeys.MONITOR_TIMEOUT),
                value(ConfigKeys.MONITOR_MAX_LAG),
                new MonitorConfig.DiscoverConfig(
                        value(ConfigKeys.MONITOR_DISCOVER), value(ConfigKeys.MONITOR_DISCOVER_KEEP)),
                value(ConfigKeys.MONITOR_SLOW_START),
                new MonitorConfig.HeartbeatConfig(
                        value(ConfigKeys.MONITOR_HEARTBEAT), value(ConfigKeys.MONITOR_HEARTBEAT_TABLE)));
    }

    private Secret monitorPassword() {
        if (!document.mentions("monitor.password") && !document.mentions("monitor.password-file")) {
            missing("monitor", "password", "write password, password-file or password: ${NAME}");
        }
        return secret(ConfigKeys.MONITOR_PASSWORD, ConfigKeys.MONITOR_PASSWORD_FILE)
                .orElse(Secret.of(""));
    }

    private AdminConfig admin() {
        boolean allowRemote = value(ConfigKeys.ADMIN_ALLOW_REMOTE);
        Optional<HostPort> listen = optional(ConfigKeys.ADMIN_LISTEN);
        Optional<String> user = optional(ConfigKeys.ADMIN_USER);
        Optional<Secret> password = notEmpty(ConfigKeys.ADMIN_PASSWORD, ConfigKeys.ADMIN_PASSWORD_FILE);
        Optional<Secret> token = notEmpty(ConfigKeys.ADMIN_TOKEN, ConfigKeys.ADMIN_TOKEN_FILE);
        if (listen.isPresent()) {
            requireAccount();
        }
        if (listen.isPresent() && !allowRemote && !listen.orElseThrow().isLoopback()) {
            String what = listen.orElseThrow() + " can be reached from other hosts";
            reportScalar("admin.listen", what, "write 127.0.0.1 or [::1], or add admin.allow-remote: true");
            listen = Optional.empty();
        }
        if (token.isPresent() && !document.mentions("metrics.listen")) {
            missing("metrics", "listen", "the API of admin.token is served there; write listen: host:port");
        }
        Optional<HostPort> address = listen;
        Optional<AdminConfig.Port> port = address.flatMap(
                at -> user.flatMap(name -> password.map(secret -> new AdminConfig.Port(at, name, secret))));
        return new AdminConfig(port, token, allowRemote, value(ConfigKeys.ADMIN_LOGIN_ATTEMPTS));
    }

    /** A port for operators without an account would be open, and a default password is no password. */
    private void requireAccount() {
        if (!document.mentions("admin.user")) {
            missing("admin", "user", "admin.listen does not open without an account; write user: NAME");
        }
        if (!document.mentions("admin.password") && !document.mentions("admin.password-file")) {
            String remedy = "admin.listen does not open without a password; write password, password-file or"
                    + " password: ${NAME}";
            missing("admin", "password", remedy);
        }
    }

    private Optional<Secret> notEmpty(ConfigKey<Secret> inline, ConfigKey<Path> file) {
        Optional<Secret> secret = secret(inline, file);
        if (secret.isPresent() && secret.orElseThrow().reveal().isBlank()) {
            reportScalar(inline.path(), "is empty", "there is no default; write one");
            return Optional.empty();
        }
        return secret;
    }

    /** A secret that stands in the file or in a file of its own. */
    private Optional<Secret> secret(ConfigKey<Secret> inline, ConfigKey<Path> file) {
        Optional<Secret> given = optional(inline);
        Optional<Secret> fromFile = optional(file).flatMap(named -> readSecret(named, file.path()));
        if (document.mentions(inline.path()) && document.mentions(file.path())) {
            reportScalar(file.path(), "is given beside " + inline.path(), "keep one of them");
        }
        return given.or(() -> fromFile);
    }

    private Optional<Secret> readSecret(Path named, String path) {
        Path file = resolve(named);
        String inlineName = path.substring(path.lastIndexOf('.') + 1).replace("-file", "");
        try {
            String first = SecretFile.firstLine(file);
            if (first.isEmpty()) {
                reportScalar(path, file + " has an empty first line", "write the " + inlineName + " there");
                return Optional.empty();
            }
            return Optional.of(Secret.of(first));
        } catch (NoSuchFileException e) {
            reportScalar(path, file + " does not exist", "create it or correct the path");
        } catch (IOException e) {
            reportScalar(path, file + " cannot be read: " + e.getClass().getSimpleName(), "check its permissions");
        }
        return Optional.empty();
    }

    private RoutingConfig routing() {
        ClassifierConfig classifier = new ClassifierConfig(
                value(ConfigKeys.ROUTING_PARSE_CACHE_ENTRIES),
                value(ConfigKeys.ROUTING_PARSE_BYTES_MAX),
                value(ConfigKeys.ROUTING_PARSE_DEADLINE),
                value(ConfigKeys.ROUTING_STATEMENT_BYTES_MAX));
        BalanceConfig balance = new BalanceConfig(
                value(ConfigKeys.ROUTING_BALANCE),
                value(ConfigKeys.ROUTING_BALANCE_CLIENT),
                optional(ConfigKeys.ROUTING_ZONE),
                value(ConfigKeys.ROUTING_ZONE_OVERLOAD));
        return new RoutingConfig(value(ConfigKeys.ROUTING_READ_SPLITTING), balance, consistency(), classifier);
    }

    private ConsistencyConfig consistency() {
        Consistency mode = value(ConfigKeys.ROUTING_CONSISTENCY);
        Map<String, Consistency> byUser = new HashMap<>();
        for (int i = 0; i < document.listSize("routing.users"); i++) {
            String path = "routing.users[" + i + "]";
            String name = required(ConfigKeys.ROUTING_USER_NAME, path + ".name", "unknown");
            Consistency own = read(ConfigKeys.ROUTING_USER_CONSISTENCY, path + ".consistency")
                    .orElse(mode);
            if (byUser.putIfAbsent(name, own) != null) {
                reportScalar(path + ".name", "names a user who is in the list already", "list every user once");
            }
        }
        return new ConsistencyConfig(
                mode,
                byUser,
                value(ConfigKeys.ROUTING_CAUSAL_WAIT),
                value(ConfigKeys.ROUTING_STICKY_AFTER_WRITE),
                value(ConfigKeys.ROUTING_OTHERS_WRITE));
    }

    private PoolConfig pool() {
        return new PoolConfig(
                value(ConfigKeys.POOL_MAX_CONNECTIONS_PER_BACKEND),
                value(ConfigKeys.POOL_MAX_CONNECTIONS),
                value(ConfigKeys.POOL_IDLE_TIMEOUT),
                value(ConfigKeys.POOL_MAX_AGE),
                value(ConfigKeys.POOL_ACQUIRE_TIMEOUT),
                new PoolConfig.Waiting(
                        value(ConfigKeys.POOL_WAITING_MAX),
                        value(ConfigKeys.POOL_WAITING_BYTES_MAX),
                        value(ConfigKeys.POOL_PRIMARY_TIMEOUT)),
                value(ConfigKeys.POOL_CONNECT_TIMEOUT),
                value(ConfigKeys.POOL_PROXY_PROTOCOL));
    }

    private LimitsConfig limits() {
        return new LimitsConfig(
                value(ConfigKeys.LIMITS_MAX_CONNECTIONS),
                new LimitsConfig.PerClient(
                        value(ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_USER),
                        value(ConfigKeys.LIMITS_MAX_CONNECTIONS_PER_ADDRESS),
                        value(ConfigKeys.LIMITS_LOGIN_ATTEMPTS),
                        value(ConfigKeys.LIMITS_LOGIN_ATTEMPTS_BURST),
                        value(ConfigKeys.LIMITS_SHARED_ADDRESSES)),
                value(ConfigKeys.LIMITS_CONNECT_PHASE_TIMEOUT),
                value(ConfigKeys.LIMITS_IDLE_TIMEOUT),
                value(ConfigKeys.LIMITS_NET_WRITE_TIMEOUT),
                value(ConfigKeys.LIMITS_FRONTEND_BUFFER),
                value(ConfigKeys.LIMITS_BACKEND_BUFFER),
                value(ConfigKeys.LIMITS_BUFFERED_BYTES),
                value(ConfigKeys.LIMITS_PREPARED_STATEMENTS_MAX),
                value(ConfigKeys.LIMITS_PREPARED_TEXTS));
    }

    private TlsConfig tls() {
        return new TlsConfig(frontendTls(), backendTls());
    }

    private TlsConfig.Frontend frontendTls() {
        TlsMode mode = value(ConfigKeys.TLS_FRONTEND_MODE);
        Optional<TlsConfig.PemIdentity> identity =
                identity("tls.frontend", ConfigKeys.TLS_FRONTEND_CERT, ConfigKeys.TLS_FRONTEND_KEY);
        ClientCertificates wanted = value(ConfigKeys.TLS_FRONTEND_CLIENT_CERTIFICATES);
        Optional<Path> ca = optional(ConfigKeys.TLS_FRONTEND_CLIENT_CA).map(this::resolve);
        if (wanted != ClientCertificates.NONE && !document.mentions("tls.frontend.client-ca")) {
            missing("tls.frontend", "client-ca", "name the authorities of clients, or remove client-certificates");
        } else if (wanted == ClientCertificates.NONE && ca.isPresent()) {
            String what = "has no effect while clients are asked for no certificate";
            reportScalar("tls.frontend.client-ca", what, "write client-certificates: required, or remove client-ca");
        } else if (wanted == ClientCertificates.REQUIRED && mode != TlsMode.REQUIRED) {
            String what = "demands nothing of clients without TLS";
            reportScalar("tls.frontend.client-certificates", what, "write tls.frontend.mode: required or use optional");
        } else if (wanted == ClientCertificates.OPTIONAL && mode == TlsMode.OFF) {
            String what = "has no effect without TLS";
            reportScalar("tls.frontend.client-certificates", what, "remove it or tls.frontend.mode: off");
        } else {
            return new TlsConfig.Frontend(mode, identity, wanted, ca);
        }
        return new TlsConfig.Frontend(mode, identity);
    }

    /** Verification that whoever sits in between can talk the proxy out of would only look like protection. */
    private TlsConfig.Backend backendTls() {
        TlsMode mode = value(ConfigKeys.TLS_BACKEND_MODE);
        Optional<Path> ca = optional(ConfigKeys.TLS_BACKEND_CA).map(this::resolve);
        boolean verifyIdentity = value(ConfigKeys.TLS_BACKEND_VERIFY_IDENTITY);
        Optional<TlsConfig.PemIdentity> identity =
                identity("tls.backend", ConfigKeys.TLS_BACKEND_CERT, ConfigKeys.TLS_BACKEND_KEY);
        if (ca.isPresent() && mode != TlsMode.REQUIRED) {
            String what = "verifies nothing while a server may offer no TLS at all";
            reportScalar("tls.backend.ca", what, "write tls.backend.mode: required or remove ca");
            return new TlsConfig.Backend(mode, Optional.empty());
        }
        if (verifyIdentity && !document.mentions("tls.backend.ca")) {
            String what = "verifies nothing while any certificate is accepted";
            reportScalar("tls.backend.verify-identity", what, "name the authorities in tls.backend.ca");
        }
        return new TlsConfig.Backend(mode, ca, verifyIdentity && ca.isPresent(), identity);
    }

    private Optional<TlsConfig.PemIdentity> identity(String section, ConfigKey<Path> certKey, ConfigKey<Path> keyKey) {
        Optional<Path> cert = optional(certKey).map(this::resolve);
        Optional<Path> key = optional(keyKey).map(this::resolve);
        boolean hasCert = document.mentions(certKey.path());
        boolean hasKey = document.mentions(keyKey.path());
        if (hasCert && !hasKey) {
            missing(section, "key", "name the private key of cert, or remove cert");
        } else if (hasKey && !hasCert) {
            missing(section, "cert", "name the certificate of key, or remove key");
        }
        return cert.flatMap(file -> key.map(keyFile -> new TlsConfig.PemIdentity(file, keyFile)));
    }

    private Path resolve(Path path) {
        return directory.resolve(path).normalize();
    }

    private <T> T value(ConfigKey<T> key) {
        return read(key, key.path()).orElseGet(key::defaultValue);
    }

    private <T> Optional<T> optional(ConfigKey<T> key) {
        return read(key, key.path());
    }

    private <T> T required(ConfigKey<T> key, String path, T placeholder) {
        if (!document.mentions(path)) {
            int dot = path.lastIndexOf('.');
            String example = path.substring(dot + 1) + ": " + (placeholder instanceof HostPort ? "host:port" : "NAME");
            missing(dot < 0 ? "" : path.substring(0, dot), key.name(), "write " + example);
        }
        return read(key, path).orElse(placeholder);
    }

    private <T> Optional<T> read(ConfigKey<T> key, String path) {
        Optional<ScalarNode> scalar = document.scalar(path);
        if (scalar.isEmpty()) {
            return Optional.empty();
        }
        String written = scalar.get().getValue();
        try {
            return Optional.of(key.type().parse(references.resolve(written), written));
        } catch (InvalidValueException e) {
            problems.add(scalar.get(), path, e.what(), e.remedy());
            return Optional.empty();
        }
    }

    private void missing(String section, String name, String remedy) {
        String path = section.isEmpty() ? name : section + "." + name;
        problems.add(document.section(section), path, "is missing", remedy);
    }

    private void reportScalar(String path, String what, String remedy) {
        problems.add(document.section(path), path, what, remedy);
    }
}
