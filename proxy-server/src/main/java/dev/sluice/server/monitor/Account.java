package dev.sluice.server.monitor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One row of a server's account table. Immutable; its text form leaves out the credential. */
public final class Account {
    private final String user;
    private final String host;
    private final String plugin;
    private final byte[] authenticationString;
    private final Standing standing;

    Account(AccountName name, String plugin, byte[] authenticationString, Standing standing) {
        this.user = name.user();
        this.host = name.host();
        this.plugin = plugin;
        this.authenticationString = authenticationString.clone();
        this.standing = standing;
    }

    /**
     * An account that is in no server's table: of any host, neither locked nor expired.
     *
     * @param authenticationString what the plugin stores
     */
    public static Account unlisted(String user, String plugin, String authenticationString) {
        return new Account(
                new AccountName(user, "%"),
                plugin,
                authenticationString.getBytes(StandardCharsets.US_ASCII),
                new Standing(false, false, Demand.NOTHING, ""));
    }

    /**
     * The name of an account. Immutable.
     *
     * @param user empty for the anonymous account
     * @param host a name, an address, a network or a pattern
     */
    record AccountName(String user, String host) {}

    /**
     * What an account may do. Immutable.
     *
     * @param locked whether logins are refused
     * @param passwordExpired whether the password must be changed before anything else
     * @param demand what is demanded of a connection
     * @param privileges the global privileges as the table has them; a server reads them at the login only
     */
    record Standing(boolean locked, boolean passwordExpired, Demand demand, String privileges) {}

    /** What REQUIRE says of an account. Immutable. */
    public enum Demand {
        /** Any connection will do. */
        NOTHING,
        /** One with TLS. */
        TLS,
        /** One whose client has shown a certificate that is good. */
        CERTIFICATE,
        /** One with a certain cipher, or a certificate of a certain subject or issuer. */
        SPECIFIED
    }

    /** The user; empty for the anonymous account. */
    public String user() {
        return user;
    }

    /** The host part, which may be a pattern. */
    public String host() {
        return host;
    }

    /** The authentication plugin, such as caching_sha2_password. */
    public String plugin() {
        return plugin;
    }

    /** What the plugin stores: a password hash. A copy; never to be logged. */
    public byte[] authenticationString() {
        return authenticationString.clone();
    }

    /** Whether logins are refused (error 3118). */
    public boolean isLocked() {
        return standing.locked();
    }

    /** Whether the password must be changed before anything else. */
    public boolean isPasswordExpired() {
        return standing.passwordExpired();
    }

    /** What is demanded of a connection, by REQUIRE with SSL, X509 and the like. */
    public Demand demand() {
        return standing.demand();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Account that
                && user.equals(that.user)
                && host.equals(that.host)
                && plugin.equals(that.plugin)
                && Arrays.equals(authenticationString, that.authenticationString)
                && standing.equals(that.standing);
    }

    @Override
    public int hashCode() {
        return user.hashCode() * 31 + host.hashCode();
    }

    @Override
    public String toString() {
        return "Account[" + user + "@" + host + ", plugin=" + plugin + ", locked=" + standing.locked() + "]";
    }
}
