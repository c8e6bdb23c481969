package dev.sluice.server.backend;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The idle connections of one event loop by what they are interchangeable with. Confined to the session's event loop. */
final class KeyPools {
    private final Map<PoolKey, KeyPool> pools = new HashMap<>();

    /** The pool of a key, made when first asked for. */
    KeyPool of(PoolKey key) {
        return pools.computeIfAbsent(key, KeyPool::new);
    }

    /** The pool of a key, or null. */
    @Nullable
    KeyPool find(PoolKey key) {
        return pools.get(key);
    }

    /** The pools of one user. */
    List<KeyPool> ofUser(String user) {
        return pools.values().stream()
                .filter(pool -> pool.key().user().equals(user))
                .toList();
    }

    /** Of each kind the connection that has been idle longest, if it fulfils a condition; the first that is found, or null. */
    @Nullable
    BackendConnection anyIdle(Predicate<BackendConnection> condition) {
        for (KeyPool pool : pools.values()) {
            if (!pool.idle().isEmpty() && condition.test(pool.idle().get(0))) {
                return pool.idle().get(0);
            }
        }
        return null;
    }

    /** The idle connections of which something is true; a list of its own. */
    List<BackendConnection> idle(Predicate<BackendConnection> condition) {
        List<BackendConnection> found = new ArrayList<>();
        for (KeyPool pool : pools.values()) {
            for (BackendConnection connection : pool.idle()) {
                if (condition.test(connection)) {
                    found.add(connection);
                }
            }
        }
        return found;
    }

    /** Forgets the kinds of which there is no connection: there is no end of users and addresses that can be asked for. */
    void forgetEmpty() {
        pools.values().removeIf(pool -> {
            if (pool.isEmpty()) {
                pool.forget();
            }
            return pool.isEmpty();
        });
    }

    /** How many kinds are known. */
    int count() {
        return pools.size();
    }

    /** How many idle connections there are of each kind that has any. */
    Map<PoolKey, Integer> sizes() {
        Map<PoolKey, Integer> sizes = new HashMap<>();
        pools.forEach((key, pool) -> {
            if (!pool.idle().isEmpty()) {
                sizes.put(key, pool.idle().size());
            }
        });
        return sizes;
    }
}
