/**
 * The MySQL client/server protocol: framing, integers and strings, capability flags, commands and errors. Connection
 * phase packets are records in {@code packet}, authentication is in {@code auth}, and responses are scanned in place in
 * {@code response}.
 */
@NullMarked
package dev.sluice.protocol;

import org.jspecify.annotations.NullMarked;
