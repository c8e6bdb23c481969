package dev.sluice.server.config;

import java.time.Duration;

/**
 * How long the proxy relies on what it learned about accounts. Immutable.
 *
 * @param credentialProofAge time a login proven by a server is trusted without asking a server again
 * @param credentialsMax accounts whose verifiers are kept
 */
public record AuthConfig(Duration credentialProofAge, int credentialsMax) {
    /** Rejects a value that a file could not hold with {@link IllegalArgumentException}. */
    public AuthConfig {
        ConfigKeys.AUTH_CREDENTIAL_PROOF_AGE.require(credentialProofAge);
        ConfigKeys.AUTH_CREDENTIALS_MAX.require(credentialsMax);
    }

    /** What an absent section means. */
    public static AuthConfig defaults() {
        return new AuthConfig(
                ConfigKeys.AUTH_CREDENTIAL_PROOF_AGE.defaultValue(), ConfigKeys.AUTH_CREDENTIALS_MAX.defaultValue());
    }
}
