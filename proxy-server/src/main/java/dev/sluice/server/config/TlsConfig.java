package dev.sluice.server.config;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Encryption on both sides. Immutable.
 *
 * @param frontend towards clients
 * @param backend towards the servers
 */
public record TlsConfig(Frontend frontend, Backend backend) {
    /** Rejects absent parts. */
    public TlsConfig {
        Objects.requireNonNull(frontend, "frontend");
        Objects.requireNonNull(backend, "backend");
    }

    /** What an absent section means. */
    public static TlsConfig defaults() {
        return new TlsConfig(
                new Frontend(ConfigKeys.TLS_FRONTEND_MODE.defaultValue(), Optional.empty()),
                new Backend(ConfigKeys.TLS_BACKEND_MODE.defaultValue(), Optional.empty()));
    }

    /**
     * Encryption towards clients. Immutable.
     *
     * @param mode whether it is offered or demanded
     * @param identity the certificate and key to use; if absent, self-signed ones are made in the state directory
     */
    public record Frontend(TlsMode mode, Optional<PemIdentity> identity) {
        /** Rejects absent parts. */
        public Frontend {
            Objects.requireNonNull(mode, "mode");
            Objects.requireNonNull(identity, "identity");
        }
    }

    /**
     * A certificate with its private key. Immutable.
     *
     * @param cert PEM file with the certificate and then its intermediates
     * @param key PEM file with the unencrypted key
     */
    public record PemIdentity(Path cert, Path key) {
        /** Rejects absent parts. */
        public PemIdentity {
            Objects.requireNonNull(cert, "cert");
            Objects.requireNonNull(key, "key");
        }
    }

    /**
     * Encryption towards the servers. Immutable.
     *
     * @param mode whether it is used or demanded
     * @param ca PEM file with the authorities that servers' certificates must lead to; only with REQUIRED;
     *     if absent, any is accepted
     */
    public record Backend(TlsMode mode, Optional<Path> ca) {
        /** Rejects absent parts, and a {@code ca} that could be got around. */
        public Backend {
            Objects.requireNonNull(mode, "mode");
            Objects.requireNonNull(ca, "ca");
            if (ca.isPresent() && mode != TlsMode.REQUIRED) {
                throw new IllegalArgumentException("tls.backend.ca needs the mode required");
            }
        }
    }
}
