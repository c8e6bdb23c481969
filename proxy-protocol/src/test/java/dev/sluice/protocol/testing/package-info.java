/** Fixtures that other modules' tests use, too. */
@NullMarked
package dev.sluice.protocol.testing;

import org.jspecify.annotations.NullMarked;
