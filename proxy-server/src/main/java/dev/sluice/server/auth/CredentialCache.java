package dev.sluice.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The credentials that a backend accepted, by user. An entry is trusted for a bounded time after the login that proved it;
 * then the next login is proved again. The latest one of a user is kept beyond that for the sessions that live already, which
 * outlive a change of their password. Thread-safe: Caffeine's cache is.
 */
public final class CredentialCache {
    private final Cache<String, Credential> proven;
    private final Cache<String, Credential> latest;

    /**
     * @param trustedFor how long a proof holds
     * @param usersMax users remembered at most
     */
    public CredentialCache(Duration trustedFor, int usersMax) {
        this.proven = Caffeine.newBuilder()
                .maximumSize(usersMax)
                .expireAfterWrite(trustedFor)
                .build();
        this.latest = Caffeine.newBuilder().maximumSize(usersMax).build();
    }

    /** The credential that was proved within the trusted time, or null. */
    public @Nullable Credential find(String user) {
        return proven.getIfPresent(user);
    }

    /** The credential that was proved last, however long ago: good for sessions that are logged in, and for no login. */
    public @Nullable Credential latest(String user) {
        return latest.getIfPresent(user);
    }

    /** Remembers a credential that a backend has just accepted. */
    public void proved(Credential credential) {
        latest.put(credential.user(), credential);
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
