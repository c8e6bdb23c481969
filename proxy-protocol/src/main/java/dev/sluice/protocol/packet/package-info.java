/** Packets that become objects: the connection phase, and the few replies the proxy writes itself. */
@NullMarked
package dev.sluice.protocol.packet;

import org.jspecify.annotations.NullMarked;
