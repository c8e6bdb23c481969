package dev.sluice.server.it;

import java.util.Properties;

/** How a client of one of the two drivers encrypts, and whom it trusts. Immutable. */
enum LoginTls {
    OFF("DISABLED", "disable", false),
    PREFERRED("PREFERRED", "trust", false),
    REQUIRED("REQUIRED", "trust", false),
    VERIFY_CA("VERIFY_CA", "verify-ca", false),
    VERIFY_IDENTITY("VERIFY_IDENTITY", "verify-full", false),
    /** The certificate was signed by somebody else. */
    VERIFY_STRANGER("VERIFY_CA", "verify-ca", true);

    private final String connectorJ;
    private final String mariaDb;
    private final boolean stranger;

    LoginTls(String connectorJ, String mariaDb, boolean stranger) {
        this.connectorJ = connectorJ;
        this.mariaDb = mariaDb;
        this.stranger = stranger;
    }

    /** Adds what a driver needs. */
    void addTo(Properties properties, boolean forMariaDb, LoginCertificates certificates) {
        String store = (stranger ? certificates.strange() : certificates.trusted()).toString();
        if (forMariaDb) {
            properties.put("sslMode", mariaDb);
            properties.put("trustStore", store);
            properties.put("trustStorePassword", LoginCertificates.STORE_PASSWORD);
            properties.put("trustStoreType", "PKCS12");
        } else {
            properties.put("sslMode", connectorJ);
            properties.put("trustCertificateKeyStoreUrl", "file:" + store);
            properties.put("trustCertificateKeyStorePassword", LoginCertificates.STORE_PASSWORD);
            properties.put("trustCertificateKeyStoreType", "PKCS12");
        }
    }
}
