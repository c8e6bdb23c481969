/** Inputs that nobody sends on purpose, tried without end: what they must not do is written in {@link FuzzTarget}. */
@NullMarked
package dev.sluice.server.fuzz;

import org.jspecify.annotations.NullMarked;
