package dev.sluice.server.session;

import dev.sluice.protocol.response.SessionTrackListener;
import dev.sluice.router.session.CausalityTracker;
import dev.sluice.router.session.SessionChanges;
import dev.sluice.router.session.SessionRouter;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.StatementEffects;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.monitor.CollationCatalog;

/**
 * The pieces that one session is made of, for the classes that work on them together. Confined to the session's event
 * loop.
 *
 * @param context what the sessions of the loop share
 * @param frontend the client's end
 * @param input the source of commands
 * @param state what is known of the session on its servers
 * @param effects keeps the state up to date
 * @param router decides where commands run
 * @param causality which replicas have this session's writes
 * @param leases the backend connections held
 * @param changes what the trackers reported during the current command
 * @param trackers fills the changes
 * @param clientTrackers what the client has switched on of session tracking
 * @param insertId where LAST_INSERT_ID() lives
 * @param lastStatement what the last statement has left
 * @param statements the prepared statements
 * @param departure ends what the session has begun on a connection that it leaves
 * @param collations what the servers know of them
 */
record SessionParts(
        LoopContext context,
        Frontend frontend,
        Session.Input input,
        SessionState state,
        StatementEffects effects,
        SessionRouter router,
        CausalityTracker causality,
        Leases leases,
        SessionChanges changes,
        SessionTrackListener trackers,
        ClientTrackers clientTrackers,
        InsertId insertId,
        LastStatement lastStatement,
        PreparedStatements statements,
        Departure departure,
        CollationCatalog collations) {}
