package dev.sluice.server.admin.port;

import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.Reception;
import java.util.function.LongSupplier;

/** Leads to the admin grammar. Confined to the event loop of the admin port. */
final class AdminReception implements Reception {
    private static final int UTF8MB4_GENERAL_CI = 45;

    private final AdminAccount account;
    private final OperationDesk desk;
    private final LongSupplier ids;
    private final String version;

    AdminReception(AdminAccount account, OperationDesk desk, LongSupplier ids, String version) {
        this.account = account;
        this.desk = desk;
        this.ids = ids;
        this.version = version;
    }

    @Override
    public long nextConnectionId() {
        return ids.getAsLong();
    }

    @Override
    public Greeting greeting() {
        return new Greeting(version, UTF8MB4_GENERAL_CI, 0);
    }

    @Override
    public AuthServices services(String plugin) {
        return account.services(plugin);
    }

    @Override
    public CredentialProver prover(Frontend client) {
        return account.prover(client.host());
    }

    @Override
    public void admit(Login login, byte[] nonce, Verdict verdict) {
        Frontend client = login.frontend();
        String user = login.credential().user();
        Chatter chatter = new Chatter(version, user + "@" + login.end().host(), client.connectionId());
        verdict.admitted(() -> new AdminCommandHandler(client, desk, chatter, user));
    }
}
