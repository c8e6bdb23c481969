package dev.sluice.server.session;

import dev.sluice.server.backend.TextDigest;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The texts of all prepared statements of the process: each is kept once, however many sessions have prepared it, for as
 * long as one of them has. All of it together is bounded. Thread-safe: a concurrent map, whose entries are changed within
 * its atomic operations only, and an atomic number.
 */
public final class StatementTexts {
    /** What a prepared statement takes besides its text, in bytes, rounded up. */
    static final int STATEMENT_BYTES = 256;

    private final ConcurrentHashMap<TextDigest, Text> texts = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();

    /** One text. Immutable but for the count of its users, which only {@link StatementTexts} changes. */
    static final class Text {
        private final TextDigest digest;
        private final byte[] sql;
        private int users = 1;

        private Text(TextDigest digest, byte[] sql) {
            this.digest = digest;
            this.sql = sql;
        }

        TextDigest digest() {
            return digest;
        }

        /** The bytes, which must not be changed. */
        byte[] sql() {
            return sql;
        }

        /** What it takes of the bound of one who uses it. */
        long size() {
            return sql.length + (long) STATEMENT_BYTES;
        }
    }

    /** Counts one more user of a text; null if that would be beyond the bound, which is given in bytes. */
    @Nullable
    Text take(TextDigest digest, byte[] sql, long max) {
        boolean[] taken = {true};
        Text text = texts.compute(digest, (key, known) -> {
            taken[0] = tryReserve(known == null ? sql.length + (long) STATEMENT_BYTES : STATEMENT_BYTES, max);
            if (!taken[0]) {
                return known;
            }
            if (known == null) {
                return new Text(key, sql);
            }
            known.users++;
            return known;
        });
        return taken[0] ? text : null;
    }

    /** One user less. */
    void release(Text text) {
        texts.computeIfPresent(text.digest, (key, known) -> {
            known.users--;
            free(known.users == 0 ? text.size() : STATEMENT_BYTES);
            return known.users == 0 ? null : known;
        });
    }

    /** Reserves memory for a text that is still coming; false if that would be beyond the bound. */
    boolean tryReserve(long size, long max) {
        if (bytes.addAndGet(size) <= max) {
            return true;
        }
        free(size);
        return false;
    }

    void free(long size) {
        bytes.addAndGet(-size);
    }

    /** The bytes in use. Called from any thread. */
    public long bytes() {
        return bytes.get();
    }

    /** How many different texts there are. Called from any thread. */
    public int size() {
        return texts.size();
    }
}
