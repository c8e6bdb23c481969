/** Recording what real servers answer, for the tests of the codec. */
@NullMarked
package dev.sluice.server.capture;

import org.jspecify.annotations.NullMarked;
