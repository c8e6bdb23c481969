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
     * @param clientCertificates whether clients are asked for a certificate
     * @param clientCa PEM file with the authorities that clients' certificates must lead to; present if they are asked
     */
    public record Frontend(
            TlsMode mode,
            Optional<PemIdentity> identity,
            ClientCertificates clientCertificates,
            Optional<Path> clientCa) {
        /** Rejects absent parts, and a demand that could be got around. */
        public Frontend {
            Objects.requireNonNull(mode, "mode");
            Objects.requireNonNull(identity, "identity");
            Objects.requireNonNull(clientCertificates, "clientCertificates");
            Objects.requireNonNull(clientCa, "clientCa");
            if (clientCa.isPresent() != (clientCertificates != ClientCertificates.NONE)) {
                throw new IllegalArgumentException("tls.frontend.client-ca goes with client-certificates");
            }
            if (clientCertificates == ClientCertificates.REQUIRED && mode != TlsMode.REQUIRED) {
                throw new IllegalArgumentException("tls.frontend.client-certificates needs the mode required");
            }
        }

        /** Clients are not asked for a certificate. */
        public Frontend(TlsMode mode, Optional<PemIdentity> identity) {
            this(mode, identity, ClientCertificates.NONE, Optional.empty());
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
     * @param verifyIdentity whether a certificate must name the host that is connected to; only with {@code ca}
     * @param identity what is shown to servers that ask for a certificate
     */
    public record Backend(TlsMode mode, Optional<Path> ca, boolean verifyIdentity, Optional<PemIdentity> identity) {
        /** Rejects absent parts, and verification that could be got around. */
        public Backend {
            Objects.requireNonNull(mode, "mode");
            Objects.requireNonNull(ca, "ca");
            Objects.requireNonNull(identity, "identity");
            if (ca.isPresent() && mode != TlsMode.REQUIRED) {
                throw new IllegalArgumentException("tls.backend.ca needs the mode required");
            }
            if (verifyIdentity && ca.isEmpty()) {
                throw new IllegalArgumentException("tls.backend.verify-identity needs ca");
            }
        }

        /** Host names are not compared, and no certificate is shown. */
        public Backend(TlsMode mode, Optional<Path> ca) {
            this(mode, ca, false, Optional.empty());
        }
    }
}
