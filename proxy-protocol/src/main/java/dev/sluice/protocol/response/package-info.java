/** Responses of a backend, scanned where their bytes lie and forwarded as slices. */
@NullMarked
package dev.sluice.protocol.response;

import org.jspecify.annotations.NullMarked;
