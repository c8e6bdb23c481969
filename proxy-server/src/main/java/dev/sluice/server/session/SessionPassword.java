package dev.sluice.server.session;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.OwnPassword;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.auth.Credential;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The password of a session that is logged in. A server asks for it at each new connection, so a session that is to outlive
 * a change of its password has to know the new one: from its own statement, or from a later login of the same user.
 * Functions only, confined to the session's event loop.
 */
final class SessionPassword {
    private SessionPassword() {}

    /** A statement about accounts has succeeded: maybe the session's own has another password now. */
    static void ran(SessionParts parts, Classification statement, @Nullable String text) {
        byte[] password = text == null || statement.has(Traits.MULTI_STATEMENT | Traits.AMBIGUOUS_TEXT)
                ? null
                : OwnPassword.read(
                        text.getBytes(StandardCharsets.UTF_8), parts.state().lexicalMode());
        if (password != null) {
            Credential newest =
                    Credential.ofPassword(parts.leases().credential().name(), password);
            parts.leases().passwordChanged(newest);
            parts.context().credentials().learned(newest);
        }
    }

    /** A server has denied the session's user a connection. Says whether a newer password is known, to ask with again. */
    static boolean renew(SessionParts parts) {
        Credential own = parts.leases().credential();
        Credential newest = parts.context().credentials().latest(own.name());
        if (newest == null || newest.sameSecret(own)) {
            return false;
        }
        parts.leases().passwordChanged(newest);
        return true;
    }
}
