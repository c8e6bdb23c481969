/**
 * Encryption on both sides: the certificate shown to clients, the RSA key pair of {@code caching_sha2_password}, and
 * what is accepted from servers. Everything is loaded and checked before the first connection.
 */
@NullMarked
package dev.sluice.server.tls;

import org.jspecify.annotations.NullMarked;
