package dev.sluice.server.frontend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.session.BackendLoginProver;
import dev.sluice.server.session.LoopContext;
import dev.sluice.server.session.SchemaCheck;
import dev.sluice.server.session.Session;
import dev.sluice.server.session.SessionStart;
import dev.sluice.server.session.UserChange;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Leads to a {@link Session}: the greeting of the primary, logins that a backend decides about, and a schema that is
 * looked at before the client is let in. Confined to the session's event loop.
 */
public final class SessionReception implements Reception {
    private final LoopContext context;
    private final UserChange.Services login;
    private final Settings settings;

    /**
     * What is the same for all clients. Immutable.
     *
     * @param serverVersion what the greeting says instead of the primary's version
     * @param wholeBytesMax the longest command that is kept whole, in bytes
     */
    public record Settings(Optional<String> serverVersion, int wholeBytesMax) {}

    public SessionReception(LoopContext context, UserChange.Services login, Settings settings) {
        this.context = context;
        this.login = login;
        this.settings = settings;
    }

    @Override
    public long nextConnectionId() {
        return context.registry().nextId();
    }

    @Override
    public @Nullable Greeting greeting() {
        ServerFacts server = login.starts().server();
        return server == null
                ? null
                : new Greeting(
                        settings.serverVersion().orElseGet(() -> greetingVersion(server)),
                        server.defaultCollationId(),
                        ServerCapabilities.of(server));
    }

    @Override
    public UnsentBytes keptBytes() {
        return context.unsent();
    }

    /** MariaDB up to 10 puts a version of MySQL in front of its own: by it drivers know what they may ask for. */
    private static String greetingVersion(ServerFacts server) {
        boolean prefixed =
                server.flavor() == ServerFlavor.MARIADB && server.version().startsWith("10.");
        return prefixed ? "5.5.5-" + server.version() : server.version();
    }

    @Override
    public AuthServices services(String plugin) {
        return login.services();
    }

    @Override
    public CredentialProver prover(Frontend client) {
        return new BackendLoginProver(context, client.capabilities());
    }

    @Override
    public void admit(Login proven, byte[] nonce, Verdict verdict) {
        Frontend client = proven.frontend();
        HandshakeResponse41 response = proven.request();
        String schema = response.database() == null || response.database().isEmpty() ? null : response.database();
        boolean multi = (client.capabilities() & Capabilities.CLIENT_MULTI_STATEMENTS) != 0;
        SessionStart start =
                login.starts().start(proven.credential(), response.collation(), schema, multi, client.capabilities());
        SchemaCheck.run(context, proven.credential(), client.capabilities(), start.vector(), new SchemaCheck.Verdict() {
            @Override
            public void usable() {
                verdict.admitted(() -> session(proven, nonce, start));
            }

            @Override
            public void refused(ErrPacket error) {
                verdict.refused(error);
            }
        });
    }

    private FrontendCommandHandler session(Login proven, byte[] nonce, SessionStart start) {
        Frontend client = proven.frontend();
        UserChange userChange = new UserChange(context, client, login, proven.end(), nonce);
        return new FrontendCommandHandler(new Session(context, client, start, userChange), settings.wholeBytesMax());
    }
}
