/** Drills: the primary is killed or changed on purpose, again and again, while clients work and are watched. */
@NullMarked
package dev.sluice.server.drill;

import org.jspecify.annotations.NullMarked;
