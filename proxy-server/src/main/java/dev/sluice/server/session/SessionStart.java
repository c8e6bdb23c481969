package dev.sluice.server.session;

import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.monitor.CollationCatalog;

/**
 * How a session starts. Immutable.
 *
 * @param credential who logged in
 * @param vector the state that the login asked for
 * @param defaults the state of a connection that was reset
 * @param defaultSqlMode the server's sql_mode
 * @param collations what the servers know of them
 */
public record SessionStart(
        Credential credential,
        StateVector vector,
        StateVector defaults,
        String defaultSqlMode,
        CollationCatalog collations) {}
