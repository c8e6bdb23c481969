/** The compressed protocol, as a channel handler between the transport and everything that speaks the protocol. */
@NullMarked
package dev.sluice.server.compression;

import org.jspecify.annotations.NullMarked;
