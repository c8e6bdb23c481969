package dev.sluice.server.session;

import dev.sluice.protocol.Capabilities;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.monitor.CollationCatalog;
import dev.sluice.server.monitor.CollationCatalog.Collation;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How sessions begin, as the servers would begin them: the collation that a client asks for by number, and the defaults
 * that everything else starts from. Thread-safe: it reads immutable snapshots.
 */
public final class SessionStarts {
    /** Servers understand any client with this, and report what they made of it. */
    private static final Collation FALLBACK = new Collation(45, "utf8mb4_general_ci", "utf8mb4");

    private static final String SQL_MODE = "sql_mode";
    private static final String IGNORE_SPACE = "IGNORE_SPACE";

    private final Supplier<Topology> topology;
    private final Supplier<CollationCatalog> collations;

    public SessionStarts(Supplier<Topology> topology, Supplier<CollationCatalog> collations) {
        this.topology = topology;
        this.collations = collations;
    }

    /** What is known of the primary or, while there is none, of any server seen; null before the first was reached. */
    public @Nullable ServerFacts server() {
        Topology now = topology.get();
        BackendStatus primary = now.primary();
        if (primary != null && primary.facts() != null) {
            return primary.facts();
        }
        for (BackendStatus backend : now.backends()) {
            if (backend.facts() != null) {
                return backend.facts();
            }
        }
        return null;
    }

    /**
     * The start of a session that logged in with a collation and maybe a schema.
     *
     * @param capabilities of the client; one of them stands for a sql_mode, which a server sets once, at the login
     */
    public SessionStart start(
            Credential credential, int collationId, @Nullable String schema, boolean multi, int capabilities) {
        ServerFacts facts = server();
        String sqlMode = facts == null ? "" : facts.sqlMode();
        Collation asked = requested(collationId, facts);
        // MariaDB goes back to the collation of the login, MySQL to the server's.
        boolean toLogin = facts != null && facts.flavor() == ServerFlavor.MARIADB;
        StateVector defaults = withCollation(
                toLogin ? asked : collationOf(facts == null ? FALLBACK.id() : facts.defaultCollationId()));
        StateVector vector = withCollation(asked).withSchema(schema).withMultiStatements(multi);
        if ((capabilities & Capabilities.CLIENT_IGNORE_SPACE) != 0) {
            vector = vector.with(SQL_MODE, sqlMode.isEmpty() ? IGNORE_SPACE : sqlMode + "," + IGNORE_SPACE);
        }
        return new SessionStart(credential, vector, defaults, sqlMode, collations.get());
    }

    private Collation requested(int collationId, @Nullable ServerFacts facts) {
        Collation asked = collations.get().byId(collationId);
        if (asked != null && isClientCharset(asked.characterSet())) {
            return asked;
        }
        return collationOf(facts == null ? FALLBACK.id() : facts.defaultCollationId());
    }

    /** The server refuses these as a client's character set and takes its own default. */
    private static boolean isClientCharset(String characterSet) {
        return switch (characterSet) {
            case "ucs2", "utf16", "utf16le", "utf32" -> false;
            default -> true;
        };
    }

    private Collation collationOf(int id) {
        Collation known = collations.get().byId(id);
        return known == null ? FALLBACK : known;
    }

    private StateVector withCollation(Collation collation) {
        StateVector vector = StateVector.empty()
                .with(StateVector.CHARACTER_SET_CLIENT, collation.characterSet())
                .with(StateVector.CHARACTER_SET_RESULTS, collation.characterSet())
                .with(StateVector.COLLATION_CONNECTION, collation.name());
        Collation usual = collations.get().defaultOf(collation.characterSet());
        return usual == null || usual.equals(collation) ? vector : vector.withCollationOfResults(collation.name());
    }
}
