package dev.sluice.server.session;

import static java.util.Objects.requireNonNull;

import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.ReportedVariables;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.monitor.CollationCatalog;
import dev.sluice.server.monitor.CollationCatalog.Collation;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The collation that a statement has left behind, which no tracker reports: read from its text where that says it, else asked
 * for. Confined to the session's event loop.
 */
final class ConnectionCollation {
    private static final Pattern SET_NAMES = Pattern.compile(
            "\\s*SET\\s+NAMES\\s+(['\"]?)(?!DEFAULT\\b)\\w+\\1(?:\\s+COLLATE\\s+(['\"]?)(\\w+)\\2)?\\s*;?\\s*",
            Pattern.CASE_INSENSITIVE);
    private static final int COLLATE_GROUP = 3;
    /** Its default can be chosen, so it is not written in the catalogue. */
    private static final String UTF8MB4 = "utf8mb4";

    /**
     * Sets what is set already. The server reports it then, while ROW_COUNT() stays that of a SET, and FOUND_ROWS() as it is.
     */
    private static final String MYSQL = "SET SESSION collation_connection=@@SESSION.collation_connection";

    /** MariaDB reports it under different names. */
    private static final String MARIADB = "SELECT @@collation_connection LIMIT 1";

    private final SessionParts parts;
    private final CollationCatalog catalog;

    ConnectionCollation(SessionParts parts, CollationCatalog catalog) {
        this.parts = parts;
        this.catalog = catalog;
    }

    /**
     * Finds it out, and calls back then.
     *
     * @param outcome of the statement
     */
    void learn(BackendConnection target, Outcome outcome, Runnable done) {
        String text = outcome.text();
        boolean mariaDb = parts.context().pool().isMariaDb(target.key().backendOrdinal());
        Matcher names = SET_NAMES.matcher(text == null ? "" : text);
        Collation named = mariaDb || !names.matches() ? null : named(names.group(COLLATE_GROUP));
        if (named != null) {
            parts.effects().collationConnection(named.name());
            if (!named.equals(catalog.defaultOf(named.characterSet()))) {
                // Metadata of results shows it, too.
                parts.effects().collationOfResults(named.name());
            }
            target.vector(parts.state().vector());
            done.run();
        } else {
            // MariaDB leaves the conditions as they are for what uses no table.
            parts.lastStatement().disturb(target, outcome.leftConditions() && !mariaDb, mariaDb);
            ask(target, mariaDb, done);
        }
    }

    private @Nullable Collation named(@Nullable String collate) {
        String characterSet = requireNonNull(
                parts.state().vector().get(StateVector.CHARACTER_SET_CLIENT), "a vector names its character set");
        if (collate != null) {
            Collation named = catalog.byName(collate.toLowerCase(Locale.ROOT));
            return named == null || !named.characterSet().equals(characterSet) ? null : named;
        }
        return characterSet.equals(UTF8MB4) ? null : catalog.defaultOf(characterSet);
    }

    private void ask(BackendConnection target, boolean mariaDb, Runnable done) {
        target.send(target.query(mariaDb ? MARIADB : MYSQL), new InternalResponse(ResponseShape.QUERY) {
            @Override
            void okSeen(ResponseScanner scanner, ByteBuf in) {
                ClientResponse.trackersInto(parts.trackers()).read(scanner, in);
            }

            @Override
            void answered() {
                String collation = mariaDb ? value() : parts.changes().variable(StateVector.COLLATION_CONNECTION);
                parts.changes().clear();
                if (error() != null || collation == null || !ReportedVariables.isName(collation)) {
                    target.fail(
                            BackendFailure.of(BackendFailure.Kind.BROKEN, "the server would not tell its collation"));
                    return;
                }
                if (target.lastWarnings() > 0) {
                    // A deprecated character set.
                    parts.lastStatement().questionWarned();
                }
                parts.effects().collationConnection(collation);
                target.vector(parts.state().vector());
                done.run();
            }
        });
        target.flush();
    }
}
