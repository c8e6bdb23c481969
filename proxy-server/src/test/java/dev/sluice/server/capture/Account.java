package dev.sluice.server.capture;

import dev.sluice.server.localcluster.Accounts;

/** Who asks a server. Immutable. */
enum Account {
    /** May do everything. */
    ROOT(Accounts.ROOT_USER, ""),
    /** May do everything in its databases and nothing else. */
    NATIVE(Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD),
    /** The same, with the plugin that is MySQL's default. */
    APP(Accounts.APP_USER, Accounts.APP_PASSWORD),
    /** Does not know the password. */
    STRANGER(Accounts.NATIVE_USER, "wrong");

    final String user;
    final String password;

    Account(String user, String password) {
        this.user = user;
        this.password = password;
    }
}
