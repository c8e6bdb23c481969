/** The proxy as a whole between real clients and real servers. */
@NullMarked
package dev.sluice.server.it;

import org.jspecify.annotations.NullMarked;
