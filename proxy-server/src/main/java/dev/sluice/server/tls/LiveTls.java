package dev.sluice.server.tls;

import dev.sluice.server.config.TlsConfig;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS as it is in force now, on both sides. Certificates, keys and authorities are read again by a {@link Change}, which
 * connections that are open do not notice: each keeps what its handshake began with. Thread-safe: one volatile reference to
 * an immutable state, replaced under the monitor of this object; changes are made by one thread at a time.
 */
public final class LiveTls {
    private static final Logger LOGGER = LoggerFactory.getLogger(LiveTls.class);
    private static final int DIGEST_CHARACTERS_SHOWN = 16;

    private final Path stateDir;
    private final JdbcTls jdbc;
    private final FutureTask<FrontendTls> opening;
    private volatile State state;

    /** @param frontend null until {@link #awaitFrontend} has returned */
    private record State(@Nullable FrontendTls frontend, BackendTls backend) {
        /** What was read, by the keys of the files. */
        Map<String, String> contents() {
            Map<String, String> contents = new LinkedHashMap<>();
            if (frontend != null) {
                frontend.identity().ifPresent(own -> put(contents, "tls.frontend.cert", own.chain()));
                put(contents, "tls.frontend.client-ca", frontend.clientAuthorities());
            }
            put(contents, "tls.backend.ca", backend.authorities());
            Identity shown = backend.identity();
            put(contents, "tls.backend.cert", shown == null ? List.of() : shown.chain());
            return contents;
        }

        private static void put(Map<String, String> contents, String key, List<X509Certificate> certificates) {
            if (!certificates.isEmpty()) {
                contents.put(key, describe(certificates));
            }
        }
    }

    /**
     * A file with other certificates in it than before. Immutable.
     *
     * @param key of the configuration, by which the file is named
     * @param before null if there was none
     * @param now null if there is none
     */
    public record Renewal(
            String key, @Nullable String before, @Nullable String now) {}

    /** Files that have been read, checked, and not yet used. Confined to the thread that changes the configuration. */
    public final class Change {
        private final State next;
        private final Runnable forJdbc;

        private Change(State next, Runnable forJdbc) {
            this.next = next;
            this.forJdbc = forJdbc;
        }

        /** What is different in the files. */
        public List<Renewal> renewals() {
            Map<String, String> before = state.contents();
            Map<String, String> now = next.contents();
            List<String> keys = new ArrayList<>(before.keySet());
            now.keySet().stream().filter(key -> !before.containsKey(key)).forEach(keys::add);
            return keys.stream()
                    .map(key -> new Renewal(key, before.get(key), now.get(key)))
                    .filter(renewal ->
                            renewal.before() == null || !renewal.before().equals(renewal.now()))
                    .toList();
        }

        /** From now on, connections begin with them. */
        public void apply() {
            List<Renewal> renewed = renewals();
            forJdbc.run();
            replace(next);
            for (Renewal renewal : renewed) {
                LOGGER.atInfo()
                        .addKeyValue("key", renewal.key())
                        .addKeyValue("certificate", renewal.now())
                        .log("certificates read again");
            }
        }
    }

    private LiveTls(Path stateDir, BackendTls backend, JdbcTls jdbc, FutureTask<FrontendTls> opening) {
        this.stateDir = stateDir;
        this.state = new State(null, backend);
        this.jdbc = jdbc;
        this.opening = opening;
    }

    /**
     * Loads what the configuration names for connections to servers, and begins to load, or make, what it names for clients,
     * on a thread of its own: there is more to be done at a start.
     *
     * @throws TlsException if a file is missing, unreadable or expired, or a key does not match its certificate
     */
    public static LiveTls open(TlsConfig config, Path stateDir) throws TlsException {
        FutureTask<FrontendTls> opening = new FutureTask<>(() -> FrontendTls.load(config, stateDir));
        Thread reader = new Thread(opening, "sluice-certificates");
        reader.setDaemon(true);
        reader.start();
        try {
            BackendTls backend = BackendTls.load(config);
            return new LiveTls(stateDir, backend, JdbcTls.of(backend, jdbcDirectory(stateDir)), opening);
        } catch (TlsException e) {
            // Nothing is being written any more when the caller knows.
            try {
                FrontendTls unused = opened(opening);
            } catch (TlsException both) {
                e.addSuppressed(both);
            }
            throw e;
        }
    }

    /**
     * Returns when {@link #frontend} can be had.
     *
     * @throws TlsException as {@link #open} does
     */
    public void awaitFrontend() throws TlsException {
        FrontendTls read = opened(opening);
        synchronized (this) {
            if (state.frontend() == null) {
                state = new State(read, state.backend());
            }
        }
    }

    private static FrontendTls opened(FutureTask<FrontendTls> opening) throws TlsException {
        try {
            return opening.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TlsException("interrupted while certificates were being read", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TlsException failure) {
                throw failure;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("certificates could not be read: " + e.getCause(), e.getCause());
        }
    }

    private synchronized void replace(State next) {
        state = next;
    }

    /**
     * Reads all files again.
     *
     * @throws TlsException as {@link #open} does; then nothing has changed
     */
    public Change prepare(TlsConfig config) throws TlsException {
        awaitFrontend();
        State next = load(config, stateDir);
        return new Change(next, jdbc.prepare(next.backend(), jdbcDirectory(stateDir)));
    }

    private static State load(TlsConfig config, Path stateDir) throws TlsException {
        return new State(FrontendTls.load(config, stateDir), BackendTls.load(config));
    }

    private static Path jdbcDirectory(Path stateDir) {
        return stateDir.resolve("jdbc");
    }

    /** What is shown to clients that connect now; not to be had before {@link #awaitFrontend} has returned. */
    public FrontendTls frontend() {
        FrontendTls frontend = state.frontend();
        if (frontend == null) {
            throw new IllegalStateException("certificates are still being read");
        }
        return frontend;
    }

    /** What is accepted from servers that are connected to now. */
    public BackendTls backend() {
        return state.backend();
    }

    /** The same for connections over JDBC; follows changes. */
    public JdbcTls jdbc() {
        return jdbc;
    }

    private static String describe(List<X509Certificate> certificates) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (X509Certificate certificate : certificates) {
                digest.update(certificate.getEncoded());
            }
            X509Certificate first = certificates.get(0);
            String others = certificates.size() == 1 ? "" : " and " + (certificates.size() - 1) + " more";
            return first.getSubjectX500Principal().getName() + ", valid until "
                    + first.getNotAfter().toInstant() + others + ", SHA-256 "
                    + HexFormat.of().formatHex(digest.digest()).substring(0, DIGEST_CHARACTERS_SHOWN);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that has been read cannot be written", e);
        }
    }
}
