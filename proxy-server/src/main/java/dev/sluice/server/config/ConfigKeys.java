package dev.sluice.server.config;

import dev.sluice.router.balance.BalancerKind;
import dev.sluice.router.session.Consistency;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The table of every key of the configuration file, in the order of the reference. Binding, defaults, range checks, the
 * detection of unknown keys and the reference page all read this one table, so that they cannot disagree. Immutable.
 */
public final class ConfigKeys {
    private static final int NAME_LENGTH_MAX = 255;
    private static final int COUNT_MAX = 1_000_000;

    // Top level

    static final ConfigKey<HostPort> LISTEN =
            ConfigKey.required("listen", ValueType.address(true), "Where clients connect.");
    static final ConfigKey<String> SERVER_VERSION = ConfigKey.optional(
            "server-version",
            ValueType.text(60),
            "the primary's version",
            "Version string that clients are greeted with.");
    static final ConfigKey<Integer> EVENT_LOOPS = ConfigKey.defaulted(
            "event-loops",
            ValueType.count(0, 1024),
            "0",
            "Threads that serve connections; 0 means one for each processor.");
    static final ConfigKey<Transport> TRANSPORT = ConfigKey.defaulted(
            "transport",
            ValueType.oneOf(Transport.class, Map.of("io_uring", Transport.IO_URING)),
            "auto",
            "How sockets are driven; `auto` takes epoll where its native library loads. `io-uring` needs a kernel and a"
                    + " container that allow it.");
    static final ConfigKey<Path> STATE_DIR = ConfigKey.optional(
            "state-dir",
            ValueType.path(),
            "`$STATE_DIRECTORY`, else `sluice-state` beside the file",
            "Directory for the keys and certificates made at the first start; created if it does not exist. "
                    + "systemd sets `$STATE_DIRECTORY` for a unit with `StateDirectory=`.");

    // backends

    static final ConfigKey<HostPort> BACKEND_ADDRESS = ConfigKey.required(
            "backends[].address", ValueType.address(false), "Where the server listens. No address may appear twice.");
    static final ConfigKey<Integer> BACKEND_WEIGHT = ConfigKey.defaulted(
            "backends[].weight",
            ValueType.count(0, 1000),
            "1",
            "Share of the reads relative to the other servers; 0 takes no reads.");
    static final ConfigKey<String> BACKEND_ZONE = ConfigKey.optional(
            "backends[].zone", ValueType.text(NAME_LENGTH_MAX), "none", "Where the server stands; see `routing.zone`.");
    static final ConfigKey<Integer> BACKEND_MAX_CONNECTIONS = ConfigKey.optional(
            "backends[].max-connections",
            ValueType.count(1, COUNT_MAX),
            "`pool.max-connections-per-backend`",
            "Connections to this server, over all event loops and users.");

    // monitor

    static final ConfigKey<String> MONITOR_USER = ConfigKey.required(
            "monitor.user", ValueType.text(NAME_LENGTH_MAX), "Account by which the servers are watched.");
    static final ConfigKey<Secret> MONITOR_PASSWORD = ConfigKey.optional(
            "monitor.password",
            ValueType.secret(),
            "`monitor.password-file`",
            "Its password. Exactly one of `password` and `password-file` is needed; `\"\"` is an empty password.");
    static final ConfigKey<Path> MONITOR_PASSWORD_FILE = ConfigKey.optional(
            "monitor.password-file", ValueType.path(), "`monitor.password`", "File whose first line is the password.");
    static final ConfigKey<Duration> MONITOR_INTERVAL = ConfigKey.defaulted(
            "monitor.interval",
            ValueType.duration("10ms", "1h"),
            "500ms",
            "Time between two probes of a server; at most 100ms while something is wrong or is written.");
    static final ConfigKey<Duration> MONITOR_TIMEOUT = ConfigKey.defaulted(
            "monitor.timeout",
            ValueType.duration("250ms", "1h"),
            "2s",
            "Time after which a probe has failed; two in a row make a server unreachable, a refused connection at once.");
    static final ConfigKey<Duration> MONITOR_MAX_LAG = ConfigKey.defaulted(
            "monitor.max-lag",
            ValueType.duration("0s", "365d"),
            "10s",
            "Replication lag beyond which a replica takes no reads; an unknown lag is beyond it.");
    static final ConfigKey<Boolean> MONITOR_DISCOVER = ConfigKey.defaulted(
            "monitor.discover",
            ValueType.flag(),
            "false",
            "Whether servers that are found in replication metadata or in a group are used as backends, without being"
                    + " listed; see [operations](operations.md#discovered-servers).");
    static final ConfigKey<Duration> MONITOR_DISCOVER_KEEP = ConfigKey.defaulted(
            "monitor.discover-keep",
            ValueType.duration("1s", "1h"),
            "30s",
            "Time for which a server that was found so is kept when replication does not name it any more.");
    static final ConfigKey<Duration> MONITOR_SLOW_START = ConfigKey.defaulted(
            "monitor.slow-start",
            ValueType.duration("0s", "1h"),
            "10s",
            "Time in which the share of the reads grows back for a replica that had trouble.");
    static final ConfigKey<HeartbeatMode> MONITOR_HEARTBEAT = ConfigKey.defaulted(
            "monitor.heartbeat",
            ValueType.oneOf(HeartbeatMode.class),
            "off",
            "Whether lag is measured in milliseconds by a row that is replicated: `write` has this Sluice keep it up to "
                    + "date on the primary, `read` leaves that to another one.");
    static final ConfigKey<String> MONITOR_HEARTBEAT_TABLE = ConfigKey.defaulted(
            "monitor.heartbeat-table",
            ValueType.tableName(),
            "sluice.heartbeat",
            "The table with that row: `CREATE TABLE sluice.heartbeat (id INT PRIMARY KEY, beat_ms BIGINT NOT NULL)`. "
                    + "The monitor account needs `SELECT` on it, and `INSERT` and `UPDATE` to write it.");

    // routing

    static final ConfigKey<Boolean> ROUTING_READ_SPLITTING = ConfigKey.defaulted(
            "routing.read-splitting",
            ValueType.flag(),
            "true",
            "Whether proven reads go to replicas; if not, everything goes to the primary.");
    static final ConfigKey<BalancerKind> ROUTING_BALANCE = ConfigKey.defaulted(
            "routing.balance",
            ValueType.oneOf(
                    BalancerKind.class,
                    Map.of("weighted-round-robin", BalancerKind.WRR, "least-connections", BalancerKind.WLC)),
            "wlc",
            "How reads are spread over the replicas; [balancing](balancing.md) explains the choices.");
    static final ConfigKey<BalanceClient> ROUTING_BALANCE_CLIENT = ConfigKey.defaulted(
            "routing.balance-client",
            ValueType.oneOf(BalanceClient.class),
            "address",
            "What `sh` tells clients apart by; the other balancers do not look at it.");
    static final ConfigKey<Consistency> ROUTING_CONSISTENCY = ConfigKey.defaulted(
            "routing.consistency",
            ValueType.oneOf(Consistency.class),
            "session",
            "What reads on replicas may not miss: nothing, the session's own writes and earlier reads, or all writes"
                    + " through this proxy; see [consistency](consistency.md).");
    static final ConfigKey<String> ROUTING_USER_NAME = ConfigKey.required(
            "routing.users[].name", ValueType.text(NAME_LENGTH_MAX), "A user for whom something else holds.");
    static final ConfigKey<Consistency> ROUTING_USER_CONSISTENCY = ConfigKey.optional(
            "routing.users[].consistency",
            ValueType.oneOf(Consistency.class),
            "`routing.consistency`",
            "What this user's reads may not miss.");
    static final ConfigKey<Duration> ROUTING_CAUSAL_WAIT = ConfigKey.defaulted(
            "routing.causal-wait",
            ValueType.duration("0ms", "10s"),
            "10ms",
            "Time a read waits on a replica for what it may not miss, before it goes to the primary; 0ms: it goes at once.");
    static final ConfigKey<Duration> ROUTING_STICKY_AFTER_WRITE = ConfigKey.defaulted(
            "routing.sticky-after-write",
            ValueType.duration("0s", "1h"),
            "2s",
            "Time reads stay on the primary after a write whose GTID is not known, as without GTIDs.");
    static final ConfigKey<Boolean> ROUTING_OTHERS_WRITE = ConfigKey.defaulted(
            "routing.others-write",
            ValueType.flag(),
            "false",
            "Whether the servers are known to be written to around this proxy; it notices most of it by itself.");
    static final ConfigKey<String> ROUTING_ZONE = ConfigKey.optional(
            "routing.zone",
            ValueType.text(NAME_LENGTH_MAX),
            "none",
            "Where this proxy stands; servers of the same zone are preferred for reads.");
    static final ConfigKey<Integer> ROUTING_ZONE_OVERLOAD = ConfigKey.defaulted(
            "routing.zone-overload",
            ValueType.count(1, COUNT_MAX),
            "64",
            "Statements in flight from one event loop at which a server is overloaded and reads leave `routing.zone`.");
    static final ConfigKey<Integer> ROUTING_PARSE_CACHE_ENTRIES = ConfigKey.defaulted(
            "routing.parse-cache-entries",
            ValueType.count(0, 10_000_000),
            "10000",
            "Decisions kept for statements that differ in literals only.");
    static final ConfigKey<Integer> ROUTING_PARSE_BYTES_MAX = ConfigKey.defaulted(
            "routing.parse-bytes-max",
            ValueType.size("0B", "1MiB"),
            "16KiB",
            "Longest statement given to the full parser; a longer one goes to the primary.");
    static final ConfigKey<Duration> ROUTING_PARSE_DEADLINE = ConfigKey.defaulted(
            "routing.parse-deadline",
            ValueType.duration("1ms", "10s"),
            "50ms",
            "Time after which the full parser is stopped and the statement goes to the primary.");
    static final ConfigKey<Integer> ROUTING_STATEMENT_BYTES_MAX = ConfigKey.defaulted(
            "routing.statement-bytes-max-classified",
            ValueType.size("0B", "16MiB"),
            "1MiB",
            "Longest statement that is looked at; a longer one goes to the primary.");

    // pool

    static final ConfigKey<Integer> POOL_MAX_CONNECTIONS_PER_BACKEND = ConfigKey.defaulted(
            "pool.max-connections-per-backend",
            ValueType.count(1, COUNT_MAX),
            "100",
            "Connections to each server, over all event loops and users, unless the server's entry says otherwise.");
    static final ConfigKey<Integer> POOL_MAX_CONNECTIONS = ConfigKey.defaulted(
            "pool.max-connections",
            ValueType.count(0, COUNT_MAX),
            "0",
            "Connections to all servers together, over all event loops and users. Beyond it statements wait, and what is idle"
                    + " gives way. 0 is no bound of its own: then there are as many as the servers' bounds come to.");
    static final ConfigKey<Duration> POOL_IDLE_TIMEOUT = ConfigKey.defaulted(
            "pool.idle-timeout",
            ValueType.duration("1s", "365d"),
            "10m",
            "Time after which an unused backend connection is closed; keep it below the servers' `wait_timeout`.");
    static final ConfigKey<Duration> POOL_MAX_AGE = ConfigKey.defaulted(
            "pool.max-age",
            ValueType.duration("1s", "365d"),
            "1h",
            "Age at which a backend connection is closed when it is next unused.");
    static final ConfigKey<Duration> POOL_ACQUIRE_TIMEOUT = ConfigKey.defaulted(
            "pool.acquire-timeout",
            ValueType.duration("1ms", "1h"),
            "10s",
            "Time a statement waits for a backend connection before it fails.");
    static final ConfigKey<Duration> POOL_PRIMARY_TIMEOUT = ConfigKey.defaulted(
            "pool.primary-timeout",
            ValueType.duration("1ms", "1h"),
            "10s",
            "Time a statement waits for a primary, or for the end of a pause or a switchover, before it fails.");
    static final ConfigKey<Integer> POOL_WAITING_MAX = ConfigKey.defaulted(
            "pool.waiting-max",
            ValueType.count(0, COUNT_MAX),
            "10000",
            "Statements that may wait for a backend connection or a primary at the same time, over all event loops. The last"
                    + " eighth is for users of whom few wait.");
    static final ConfigKey<Integer> POOL_WAITING_BYTES_MAX = ConfigKey.defaulted(
            "pool.waiting-bytes-max",
            ValueType.size("0B", "1GiB"),
            "64MiB",
            "Memory that the statements which wait may hold together, over all event loops; never more than a quarter of the"
                    + " memory outside the heap. The last eighth is for users of whom few wait.");
    static final ConfigKey<Duration> POOL_CONNECT_TIMEOUT = ConfigKey.defaulted(
            "pool.connect-timeout",
            ValueType.duration("1ms", "10m"),
            "5s",
            "Time for connecting to a server, TLS and login together.");

    static final ConfigKey<ProxyProtocol> POOL_PROXY_PROTOCOL = ConfigKey.defaulted(
            "pool.proxy-protocol",
            ValueType.oneOf(ProxyProtocol.class),
            "off",
            "Whether servers are told the address of the client that a connection is for, in a PROXY protocol header of this"
                    + " version: then `user@host` accounts, `USER()`, the process list and the blocking of hosts see the client"
                    + " in place of Sluice. For MariaDB with Sluice's address in `proxy_protocol_networks`, on all servers."
                    + " Connections are shared only among clients of one address then.");

    // access

    static final ConfigKey<AccessList> ACCESS_ALLOW = ConfigKey.defaulted(
            "access.allow",
            ValueType.accessList(),
            "*",
            "Who may connect: networks, or users in networks as `USER@NETWORK`; `*` is everywhere. Nobody else may: an"
                    + " address that is not named gets error 1130, a user who is not gets error 1045, before any server is"
                    + " asked. Who is connected stays.");
    static final ConfigKey<AccessList> ACCESS_DENY = ConfigKey.defaulted(
            "access.deny",
            ValueType.accessList(),
            "none",
            "Who may not, even if `access.allow` names them, in the same form: `root@*` is a user, `10.66.0.0/16` a network.");

    static final ConfigKey<AccessList> ACCESS_PROXIES = ConfigKey.defaulted(
            "access.proxies",
            ValueType.networks(),
            "none",
            "Load balancers that say in a PROXY protocol header, version 1 or 2, who the client is: networks. From there"
                    + " every connection has to begin with one, from elsewhere none may. What it says counts for logs,"
                    + " `SHOW SESSIONS`, the lists above and limits.");

    // limits

    static final ConfigKey<Integer> LIMITS_MAX_CONNECTIONS = ConfigKey.defaulted(
            "limits.max-connections",
            ValueType.count(1, COUNT_MAX),
            "10000",
            "Client connections at the same time; the next client gets error 1040.");
    static final ConfigKey<Integer> LIMITS_MAX_CONNECTIONS_PER_USER = ConfigKey.defaulted(
            "limits.max-connections-per-user",
            ValueType.count(0, COUNT_MAX),
            "0",
            "Connections that are logged in as the same user; the next one gets error 1203. 0 is no bound of its own.");
    static final ConfigKey<Integer> LIMITS_MAX_CONNECTIONS_PER_ADDRESS = ConfigKey.defaulted(
            "limits.max-connections-per-address",
            ValueType.count(0, COUNT_MAX),
            "0",
            "Connections from one IPv4 address, or one IPv6 network of 64 bits; the next one gets error 1226. 0 is no bound"
                    + " of its own.");
    static final ConfigKey<Integer> LIMITS_LOGIN_ATTEMPTS = ConfigKey.defaulted(
            "limits.login-attempts-per-second",
            ValueType.count(0, COUNT_MAX),
            "50",
            "Logins that one address may begin in a second, in the long run; the next connection gets error 1226. A login that"
                    + " succeeds does not count. 0 is any number.");
    static final ConfigKey<Integer> LIMITS_LOGIN_ATTEMPTS_BURST = ConfigKey.defaulted(
            "limits.login-attempts-burst",
            ValueType.count(1, COUNT_MAX),
            "2000",
            "Logins that one address may begin at once, without having done so for a while: more than the pools of one host"
                    + " open when they start.");
    static final ConfigKey<AccessList> LIMITS_SHARED_ADDRESSES = ConfigKey.defaulted(
            "limits.shared-addresses",
            ValueType.networks(),
            "none",
            "Networks whose addresses stand for many clients each, such as those of load balancers: no limit by address holds"
                    + " for them.");
    static final ConfigKey<Duration> LIMITS_CONNECT_PHASE_TIMEOUT = ConfigKey.defaulted(
            "limits.connect-phase-timeout",
            ValueType.duration("100ms", "1h"),
            "10s",
            "Time a client has from connecting, or from a COM_CHANGE_USER, to a successful login; then it gets error 1159. A change holds for new clients.");
    static final ConfigKey<Duration> LIMITS_IDLE_TIMEOUT = ConfigKey.defaulted(
            "limits.idle-timeout",
            ValueType.duration("1s", "365d"),
            "8h",
            "Time without a command after which a client is disconnected with error 4031. A change holds for new clients.");
    static final ConfigKey<Duration> LIMITS_NET_WRITE_TIMEOUT = ConfigKey.defaulted(
            "limits.net-write-timeout",
            ValueType.duration("1s", "1h"),
            "60s",
            "Time in which a client takes nothing of what waits for it, after which it is disconnected; longer for a session"
                    + " that has set net_write_timeout to more, up to an hour.");
    static final ConfigKey<Integer> LIMITS_FRONTEND_BUFFER = ConfigKey.defaulted(
            "limits.frontend-buffer",
            ValueType.size("16KiB", "256MiB"),
            "256KiB",
            "Bytes waiting for a slow client beyond which its server is not read.");
    static final ConfigKey<Integer> LIMITS_BACKEND_BUFFER = ConfigKey.defaulted(
            "limits.backend-buffer",
            ValueType.size("16KiB", "256MiB"),
            "256KiB",
            "Bytes waiting for a slow server beyond which its client is not read.");
    static final ConfigKey<Integer> LIMITS_BUFFERED_BYTES = ConfigKey.defaulted(
            "limits.buffered-bytes",
            ValueType.size("1MiB", "1GiB"),
            "256MiB",
            "Bytes kept for all slow clients, of answers and of commands that they have not ended, shared out among the event"
                    + " loops; never more than half of the memory outside the heap. Beyond it the client that has got no further"
                    + " for the longest time is disconnected.");
    static final ConfigKey<Integer> LIMITS_PREPARED_STATEMENTS_MAX = ConfigKey.defaulted(
            "limits.prepared-statements-max",
            ValueType.count(1, COUNT_MAX),
            "16382",
            "Prepared statements a client may hold; the next one gets error 1461.");
    static final ConfigKey<Integer> LIMITS_PREPARED_TEXTS = ConfigKey.defaulted(
            "limits.prepared-texts",
            ValueType.size("1MiB", "1GiB"),
            "256MiB",
            "Memory for the prepared statements of all clients, texts that are equal counted once; never more than an"
                    + " eighth of the heap, of which one client may use half. The next one gets error 1461.");

    // tls

    static final ConfigKey<TlsMode> TLS_FRONTEND_MODE = ConfigKey.defaulted(
            "tls.frontend.mode",
            ValueType.oneOf(TlsMode.class),
            "preferred",
            "Encryption towards clients: offered, demanded or off.");
    static final ConfigKey<Path> TLS_FRONTEND_CERT = ConfigKey.optional(
            "tls.frontend.cert",
            ValueType.path(),
            "self-signed, in `state-dir`",
            "PEM file with the certificate, followed by its intermediates.");
    static final ConfigKey<Path> TLS_FRONTEND_KEY = ConfigKey.optional(
            "tls.frontend.key",
            ValueType.path(),
            "self-signed, in `state-dir`",
            "PEM file with the unencrypted private key of `tls.frontend.cert`.");
    static final ConfigKey<ClientCertificates> TLS_FRONTEND_CLIENT_CERTIFICATES = ConfigKey.defaulted(
            "tls.frontend.client-certificates",
            ValueType.oneOf(ClientCertificates.class),
            "none",
            "Whether clients are asked for a certificate: never; those who have one must have a good one; or nobody gets in"
                    + " without one, which needs `tls.frontend.mode: required`. Not on the admin port.");
    static final ConfigKey<Path> TLS_FRONTEND_CLIENT_CA = ConfigKey.optional(
            "tls.frontend.client-ca",
            ValueType.path(),
            "none",
            "PEM file with the authorities that clients' certificates must lead to;"
                    + " goes with `tls.frontend.client-certificates`.");
    static final ConfigKey<TlsMode> TLS_BACKEND_MODE = ConfigKey.defaulted(
            "tls.backend.mode",
            ValueType.oneOf(TlsMode.class),
            "preferred",
            "Encryption towards the servers: where they offer it, always or never.");
    static final ConfigKey<Path> TLS_BACKEND_CA = ConfigKey.optional(
            "tls.backend.ca",
            ValueType.path(),
            "any certificate is accepted",
            "PEM file with the authorities that a server's certificate must lead to; needs `tls.backend.mode: required`."
                    + " The host name is compared only with `tls.backend.verify-identity`.");
    static final ConfigKey<Boolean> TLS_BACKEND_VERIFY_IDENTITY = ConfigKey.defaulted(
            "tls.backend.verify-identity",
            ValueType.flag(),
            "false",
            "Whether a server's certificate must also name the host by which Sluice connects to it; needs `tls.backend.ca`."
                    + " The certificates that MySQL makes for itself name none.");
    static final ConfigKey<Path> TLS_BACKEND_CERT = ConfigKey.optional(
            "tls.backend.cert",
            ValueType.path(),
            "none is shown",
            "PEM file with the certificate that Sluice shows to servers that ask for one, followed by its intermediates.");
    static final ConfigKey<Path> TLS_BACKEND_KEY = ConfigKey.optional(
            "tls.backend.key",
            ValueType.path(),
            "none is shown",
            "PEM file with the unencrypted private key of `tls.backend.cert`.");

    // compression

    static final ConfigKey<Boolean> COMPRESSION_FRONTEND = ConfigKey.defaulted(
            "compression.frontend",
            ValueType.flag(),
            "true",
            "Whether clients may compress, with zlib or zstd as they ask for.");
    static final ConfigKey<CompressionMode> COMPRESSION_BACKEND = ConfigKey.defaulted(
            "compression.backend",
            ValueType.oneOf(CompressionMode.class),
            "off",
            "Compression towards the servers, where they offer it: worth its CPU time only over a slow network.");

    // auth

    static final ConfigKey<Duration> AUTH_CREDENTIAL_PROOF_AGE = ConfigKey.defaulted(
            "auth.credential-proof-age",
            ValueType.duration("0s", "1h"),
            "10s",
            "Time a login that a server has proven is trusted before a server is asked again.");
    static final ConfigKey<Integer> AUTH_CREDENTIALS_MAX = ConfigKey.defaulted(
            "auth.credentials-max",
            ValueType.count(1, COUNT_MAX),
            "10000",
            "Accounts whose password verifiers are kept in memory; with `pool.proxy-protocol`, one for each address that a user"
                    + " comes from.");

    // metrics, log, shutdown

    static final ConfigKey<HostPort> METRICS_LISTEN = ConfigKey.optional(
            "metrics.listen",
            ValueType.address(true),
            "off",
            "Where `/metrics`, `/livez`, `/readyz` and `/health` are served over HTTP.");
    static final ConfigKey<LogLevel> LOG_LEVEL = ConfigKey.defaulted(
            "log.level",
            ValueType.oneOf(LogLevel.class),
            "info",
            "The least important events that are logged. What operators change always is.");
    static final ConfigKey<LogFormat> LOG_FORMAT = ConfigKey.defaulted(
            "log.format",
            ValueType.oneOf(LogFormat.class),
            "auto",
            "What a line looks like; `auto` is text on a terminal and JSON otherwise.");
    static final ConfigKey<Duration> SHUTDOWN_DRAIN_TIMEOUT = ConfigKey.defaulted(
            "shutdown.drain-timeout",
            ValueType.duration("0s", "1d"),
            "30s",
            "Time that running transactions have to end after SIGTERM before they are cut.");

    // admin

    static final ConfigKey<HostPort> ADMIN_LISTEN = ConfigKey.optional(
            "admin.listen",
            ValueType.address(true),
            "off",
            "Where the admin port listens, for MySQL clients; needs `admin.user` and a password. A loopback address unless"
                    + " `admin.allow-remote: true`.");
    static final ConfigKey<Boolean> ADMIN_ALLOW_REMOTE = ConfigKey.defaulted(
            "admin.allow-remote",
            ValueType.flag(),
            "false",
            "Whether the admin port may listen on other addresses than loopback, and `/api/v1` may be asked from"
                    + " another host.");
    static final ConfigKey<Integer> ADMIN_LOGIN_ATTEMPTS = ConfigKey.defaulted(
            "admin.login-attempts-per-second",
            ValueType.count(0, COUNT_MAX),
            "2",
            "Wrong passwords and tokens that one address may try in a second, in the long run, at the admin port and"
                    + " `/api/v1` together; 10 at once. Then it gets error 1226 or status 429, whatever it brings. What"
                    + " is right does not count. 0 is any number.");
    static final ConfigKey<String> ADMIN_USER = ConfigKey.optional(
            "admin.user", ValueType.text(32), "none", "The one account of the admin port; no account of a server.");
    static final ConfigKey<Secret> ADMIN_PASSWORD =
            ConfigKey.optional("admin.password", ValueType.secret(), "none", "Its password; there is no default.");
    static final ConfigKey<Path> ADMIN_PASSWORD_FILE = ConfigKey.optional(
            "admin.password-file",
            ValueType.path(),
            "none",
            "File whose first line is the password; instead of `admin.password`.");
    static final ConfigKey<Secret> ADMIN_TOKEN = ConfigKey.optional(
            "admin.token",
            ValueType.secret(),
            "`/api/v1` is off",
            "Bearer token for `/api/v1`, which is served on `metrics.listen`.");
    static final ConfigKey<Path> ADMIN_TOKEN_FILE = ConfigKey.optional(
            "admin.token-file",
            ValueType.path(),
            "none",
            "File whose first line is the token; instead of `admin.token`.");
    static final ConfigKey<String> ADMIN_SWITCHOVER_USER = ConfigKey.optional(
            "admin.switchover-user",
            ValueType.text(NAME_LENGTH_MAX),
            "`monitor.user`",
            "Account by which a planned switchover changes the roles of servers; see [operations](operations.md).");
    static final ConfigKey<Secret> ADMIN_SWITCHOVER_PASSWORD =
            ConfigKey.optional("admin.switchover-password", ValueType.secret(), "none", "Its password.");
    static final ConfigKey<Path> ADMIN_SWITCHOVER_PASSWORD_FILE = ConfigKey.optional(
            "admin.switchover-password-file",
            ValueType.path(),
            "none",
            "File whose first line is the password; instead of `admin.switchover-password`.");
    static final ConfigKey<String> ADMIN_REPLICATION_USER = ConfigKey.optional(
            "admin.replication-user",
            ValueType.text(NAME_LENGTH_MAX),
            "the one that the new primary used",
            "Account by which the old primary replicates after a switchover; MariaDB does not tell it.");
    static final ConfigKey<Secret> ADMIN_REPLICATION_PASSWORD =
            ConfigKey.optional("admin.replication-password", ValueType.secret(), "none", "Its password.");
    static final ConfigKey<Path> ADMIN_REPLICATION_PASSWORD_FILE = ConfigKey.optional(
            "admin.replication-password-file",
            ValueType.path(),
            "none",
            "File whose first line is the password; instead of `admin.replication-password`.");

    private static final List<ConfigKey<?>> ALL = List.of(
            LISTEN,
            SERVER_VERSION,
            EVENT_LOOPS,
            TRANSPORT,
            STATE_DIR,
            BACKEND_ADDRESS,
            BACKEND_WEIGHT,
            BACKEND_ZONE,
            BACKEND_MAX_CONNECTIONS,
            MONITOR_USER,
            MONITOR_PASSWORD,
            MONITOR_PASSWORD_FILE,
            MONITOR_INTERVAL,
            MONITOR_TIMEOUT,
            MONITOR_MAX_LAG,
            MONITOR_DISCOVER,
            MONITOR_DISCOVER_KEEP,
            MONITOR_SLOW_START,
            MONITOR_HEARTBEAT,
            MONITOR_HEARTBEAT_TABLE,
            ROUTING_READ_SPLITTING,
            ROUTING_BALANCE,
            ROUTING_BALANCE_CLIENT,
            ROUTING_CONSISTENCY,
            ROUTING_USER_NAME,
            ROUTING_USER_CONSISTENCY,
            ROUTING_CAUSAL_WAIT,
            ROUTING_STICKY_AFTER_WRITE,
            ROUTING_OTHERS_WRITE,
            ROUTING_ZONE,
            ROUTING_ZONE_OVERLOAD,
            ROUTING_PARSE_CACHE_ENTRIES,
            ROUTING_PARSE_BYTES_MAX,
            ROUTING_PARSE_DEADLINE,
            ROUTING_STATEMENT_BYTES_MAX,
            POOL_MAX_CONNECTIONS_PER_BACKEND,
            POOL_MAX_CONNECTIONS,
            POOL_IDLE_TIMEOUT,
            POOL_MAX_AGE,
            POOL_ACQUIRE_TIMEOUT,
            POOL_PRIMARY_TIMEOUT,
            POOL_WAITING_MAX,
            POOL_WAITING_BYTES_MAX,
            POOL_CONNECT_TIMEOUT,
            POOL_PROXY_PROTOCOL,
            ACCESS_ALLOW,
            ACCESS_DENY,
            ACCESS_PROXIES,
            LIMITS_MAX_CONNECTIONS,
            LIMITS_MAX_CONNECTIONS_PER_USER,
            LIMITS_MAX_CONNECTIONS_PER_ADDRESS,
            LIMITS_LOGIN_ATTEMPTS,
            LIMITS_LOGIN_ATTEMPTS_BURST,
            LIMITS_SHARED_ADDRESSES,
            LIMITS_CONNECT_PHASE_TIMEOUT,
            LIMITS_IDLE_TIMEOUT,
            LIMITS_NET_WRITE_TIMEOUT,
            LIMITS_FRONTEND_BUFFER,
            LIMITS_BACKEND_BUFFER,
            LIMITS_BUFFERED_BYTES,
            LIMITS_PREPARED_STATEMENTS_MAX,
            LIMITS_PREPARED_TEXTS,
            TLS_FRONTEND_MODE,
            TLS_FRONTEND_CERT,
            TLS_FRONTEND_KEY,
            TLS_FRONTEND_CLIENT_CERTIFICATES,
            TLS_FRONTEND_CLIENT_CA,
            TLS_BACKEND_MODE,
            TLS_BACKEND_CA,
            TLS_BACKEND_VERIFY_IDENTITY,
            TLS_BACKEND_CERT,
            TLS_BACKEND_KEY,
            COMPRESSION_FRONTEND,
            COMPRESSION_BACKEND,
            AUTH_CREDENTIAL_PROOF_AGE,
            AUTH_CREDENTIALS_MAX,
            METRICS_LISTEN,
            ADMIN_LISTEN,
            ADMIN_ALLOW_REMOTE,
            ADMIN_LOGIN_ATTEMPTS,
            ADMIN_USER,
            ADMIN_PASSWORD,
            ADMIN_PASSWORD_FILE,
            ADMIN_TOKEN,
            ADMIN_TOKEN_FILE,
            ADMIN_SWITCHOVER_USER,
            ADMIN_SWITCHOVER_PASSWORD,
            ADMIN_SWITCHOVER_PASSWORD_FILE,
            ADMIN_REPLICATION_USER,
            ADMIN_REPLICATION_PASSWORD,
            ADMIN_REPLICATION_PASSWORD_FILE,
            LOG_LEVEL,
            LOG_FORMAT,
            SHUTDOWN_DRAIN_TIMEOUT);

    /** Keys of earlier versions, and what to write instead. */
    static final Map<String, String> REPLACED = Map.of(
            "routing.read-your-writes",
            "write routing.consistency: session where it was true, none where it was false");

    private ConfigKeys() {}

    /** Every key, in the order of the reference. */
    public static List<ConfigKey<?>> all() {
        return ALL;
    }
}
