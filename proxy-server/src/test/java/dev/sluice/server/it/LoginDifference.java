package dev.sluice.server.it;

/** What docs/compatibility.md says about logins that end otherwise than on the server. Immutable. */
enum LoginDifference {
    /** An expired password: no session that may do nothing but change it. */
    SANDBOX,
    /** Sluice knows the password, so the client is not asked for it; sha256_password asks each time. */
    KNOWN_WITHOUT_KEY,
    /** The client does not know the plugin of the account, but it knows the one that Sluice asks for. */
    OTHER_PLUGIN,
    /** The account demands TLS, and Sluice has none towards the server, whatever the client has. */
    TLS_OF_SLUICE,
    /** It is Sluice that demands TLS of the client, and it knows the client's address, not the server's name for its own. */
    ADDRESS_OF_THE_CLIENT,
    /** The account demands a certificate, and Sluice has none, whatever the client has. */
    CERTIFICATE;

    /** How a login ends on both ways. Immutable. */
    record Both(LoginOutcome direct, LoginOutcome proxied) {}

    /** Whether it is this that makes a login end as it does. */
    boolean explains(LoginCell cell, Both both) {
        LoginOutcome direct = both.direct();
        LoginOutcome proxied = both.proxied();
        return switch (this) {
            case SANDBOX ->
                direct.code() == 1820
                        && (proxied.code() == 1862 || proxied.said().contains("You must SET PASSWORD"));
            case KNOWN_WITHOUT_KEY ->
                cell.user().startsWith("sha256") && direct.said().contains("Public Key") && proxied.letIn();
            case OTHER_PLUGIN ->
                cell.isMariaDbs()
                        && cell.user().startsWith("sha256")
                        && direct.code() == 1251
                        && proxied.letIn() == cell.password().equals("pw");
            case TLS_OF_SLUICE ->
                cell.user().endsWith("_ssl") && cell.tls() != LoginTls.OFF && direct.letIn() && proxied.code() == 1045;
            case ADDRESS_OF_THE_CLIENT ->
                cell.user().endsWith("_ssl")
                        && cell.tls() == LoginTls.OFF
                        && proxied.code() == 1045
                        && direct.said().replace("@'localhost'", "@'127.0.0.1'").equals(proxied.said());
            case CERTIFICATE -> cell.user().endsWith("_x509") && direct.letIn() && proxied.code() == 1045;
        };
    }
}
