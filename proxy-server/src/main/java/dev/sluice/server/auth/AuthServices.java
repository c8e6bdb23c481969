package dev.sluice.server.auth;

import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.server.monitor.AccountChoice;
import java.util.concurrent.CompletableFuture;

/**
 * What logins have in common. Immutable; its parts are thread-safe.
 *
 * @param credentials who was proved lately
 * @param accounts the accounts of the database
 * @param rsaKeys for passwords on connections without TLS
 * @param clientHosts whether servers are told where each client comes from
 */
public record AuthServices(CredentialCache credentials, Accounts accounts, RsaKeys rsaKeys, boolean clientHosts) {
    /** Looks accounts up. Thread-safe: implementations answer from a snapshot. */
    @FunctionalInterface
    public interface Accounts {
        /** The account that the server would pick for whoever comes through Sluice; none if unknown or unreadable. */
        AccountChoice lookup(LoginName name);

        /** The plugin to ask for where no account is found. */
        default String pluginOfUnknown() {
            return CachingSha2Password.NAME;
        }

        /** Whether those that {@link #lookup} does not find did not exist a moment ago. */
        default boolean areKnown() {
            return false;
        }

        /**
         * Done when {@link #lookup} knows what the server knew at this moment, or when that could not be found out in time;
         * never fails.
         */
        default CompletableFuture<Void> refreshed() {
            return CompletableFuture.completedFuture(null);
        }
    }
}
