package dev.sluice.server.monitor;

import java.nio.charset.StandardCharsets;

/** Accounts for the tests of other packages. Thread-safe: a function without state. */
public final class Accounts {
    private Accounts() {}

    /** An account of any host that is neither locked nor expired. */
    public static Account of(String user, String plugin, String authenticationString) {
        return new Account(
                new Account.AccountName(user, "%"),
                plugin,
                authenticationString.getBytes(StandardCharsets.US_ASCII),
                new Account.Standing(false, false, Account.Demand.NOTHING, ""));
    }

    /** An account of any host that demands something of connections. */
    public static Account demanding(Account.Demand demand, String user, String plugin) {
        return new Account(
                new Account.AccountName(user, "%"),
                plugin,
                new byte[0],
                new Account.Standing(false, false, demand, ""));
    }
}
