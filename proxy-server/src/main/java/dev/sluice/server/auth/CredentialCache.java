package dev.sluice.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The credentials that a backend accepted recently, by user. An entry is trusted for a bounded time after the login
 * that proved it; then the next login is proved again. Thread-safe: Caffeine's cache is.
 */
public final class CredentialCache {
    private final Cache<String, Credential> proven;

    /**
     * @param trustedFor how long a proof holds
     * @param usersMax users remembered at most
     */
    public CredentialCache(Duration trustedFor, int usersMax) {
        this.proven = Caffeine.newBuilder()
                .maximumSize(usersMax)
                .expireAfterWrite(trustedFor)
                .build();
    }

    /** The credential that was proved within the trusted time, or null. */
    public @Nullable Credential find(String user) {
        return proven.getIfPresent(user);
    }

    /** Remembers a credential that a backend has just accepted. */
    public void proved(Credential credential) {
        proven.put(credential.user(), credential);
    }

    /** Forgets a user whose account changed or whose login a backend refused. */
    public void forget(String user) {
        proven.invalidate(user);
    }

    /** Forgets everybody. */
    public void forgetAll() {
        proven.invalidateAll();
    }
}
