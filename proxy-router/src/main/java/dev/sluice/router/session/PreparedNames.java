package dev.sluice.router.session;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the statements do that a session has prepared by name in the text protocol, as far as that is known. Confined to the
 * session's event loop.
 */
final class PreparedNames {
    private final Map<String, Classification> known = new HashMap<>();

    /** @param does what the statement does when it is executed; null if that is not known */
    void prepared(String name, @Nullable Classification does) {
        if (does == null || (known.size() >= NamedObjects.NAMES_MAX && !known.containsKey(name))) {
            known.remove(name);
        } else {
            known.put(name, does);
        }
    }

    void deallocated(String name) {
        known.remove(name);
    }

    void clear() {
        known.clear();
    }

    /**
     * What an EXECUTE does.
     *
     * @param execute the statement as it stands
     * @param name the name in it
     * @param possible whether any name can be executed at all; if none can, nothing but an error comes of it
     */
    Classification executed(Classification execute, String name, boolean possible) {
        Classification does = known.get(name);
        if (does == null && possible) {
            return execute;
        }
        long traits = execute.traits() & ~Traits.OPAQUE;
        return new Classification(
                execute.target(),
                execute.reason(),
                does == null ? execute.kind() : does.kind(),
                does == null ? traits : traits | does.traits(),
                execute.fingerprintHigh(),
                execute.fingerprintLow());
    }
}
