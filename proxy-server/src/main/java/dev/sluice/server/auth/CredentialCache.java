package dev.sluice.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The credentials that a backend accepted, by who logged in. An entry is trusted for a bounded time after the login that proved it;
 * then the next login is proved again. The latest one of each is kept beyond that: for the sessions that live already, which
 * outlive a change of their password, and for logins, which prove it at a backend without another exchange of passwords.
 * Thread-safe: Caffeine's cache and the counter are.
 */
public final class CredentialCache {
    private final Cache<LoginName, Credential> proven;
    private final Cache<LoginName, Credential> latest;
    /** Grows when accounts change, so that a proof from before is not trusted behind it. */
    private final AtomicLong changes = new AtomicLong();

    /**
     * @param trustedFor how long a proof holds
     * @param namesMax how many are remembered at most
     */
    public CredentialCache(Duration trustedFor, int namesMax) {
        this.proven = Caffeine.newBuilder()
                .maximumSize(namesMax)
                .expireAfterWrite(trustedFor)
                .build();
        this.latest = Caffeine.newBuilder().maximumSize(namesMax).build();
    }

    /** The credential that was proved within the trusted time, or null. */
    public @Nullable Credential find(LoginName name) {
        return proven.getIfPresent(name);
    }

    /** The credential that was proved last, however long ago: no login is decided by it alone. */
    public @Nullable Credential latest(LoginName name) {
        return latest.getIfPresent(name);
    }

    /** How often accounts have changed: to be asked for before a proof begins, and handed back with what it proves. */
    public long changes() {
        return changes.get();
    }

    /**
     * Remembers a credential that a backend has just accepted. It is trusted only if no account has changed meanwhile: the
     * backend may have decided before the change.
     *
     * @param since {@link #changes} when the proof began
     */
    public void proved(Credential credential, long since) {
        LoginName name = credential.name();
        latest.put(name, credential);
        proven.put(name, credential);
        if (changes.get() != since) {
            proven.invalidate(name);
        }
    }

    /** Remembers a credential that follows from what a session has done, and that no backend has accepted yet. */
    public void learned(Credential credential) {
        latest.put(credential.name(), credential);
    }

    /** Trusts a proof no more. */
    public void forget(LoginName name) {
        proven.invalidate(name);
    }

    /** A backend has denied this: if it was what is known of the user, it is not any more. */
    public void denied(Credential credential) {
        forget(proven, credential);
        forget(latest, credential);
    }

    private static void forget(Cache<LoginName, Credential> cache, Credential credential) {
        cache.asMap().computeIfPresent(credential.name(), (name, known) -> known.sameSecret(credential) ? null : known);
    }

    /** An account of a user has changed: it may be the one of any host. */
    public void accountChanged(String user) {
        changes.incrementAndGet();
        proven.asMap().keySet().removeIf(name -> name.user().equals(user));
    }

    /** Some account has changed, and it is not certain which. */
    public void accountsChanged() {
        changes.incrementAndGet();
        proven.invalidateAll();
    }
}
