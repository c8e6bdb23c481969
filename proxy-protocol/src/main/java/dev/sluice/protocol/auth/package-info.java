/** What the authentication plugins compute, as functions without I/O. */
@NullMarked
package dev.sluice.protocol.auth;

import org.jspecify.annotations.NullMarked;
