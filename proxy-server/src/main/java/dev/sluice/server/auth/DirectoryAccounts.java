package dev.sluice.server.auth;

import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.server.monitor.AccountChoice;
import dev.sluice.server.monitor.AccountDirectory;
import java.util.concurrent.CompletableFuture;

/**
 * The accounts of the primary, as logins see them. Thread-safe: the directory is.
 *
 * @param directory where they are kept up to date
 */
public record DirectoryAccounts(AccountDirectory directory) implements AuthServices.Accounts {
    @Override
    public AccountChoice lookup(LoginName name) {
        return directory.lookup(name.user(), name.host());
    }

    /**
     * On MariaDB that of almost everybody, also of who is too new to be found: Connector/J does not understand the other one
     * when the version in the greeting is MariaDB's.
     */
    @Override
    public String pluginOfUnknown() {
        return areKnown() && directory.isMariaDb() ? NativePassword.NAME : CachingSha2Password.NAME;
    }

    @Override
    public boolean areKnown() {
        return directory.isAvailable();
    }

    @Override
    public CompletableFuture<Void> refreshed() {
        return directory.refreshed();
    }
}
