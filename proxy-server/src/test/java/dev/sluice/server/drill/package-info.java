@NullMarked
package dev.sluice.server.drill;

import org.jspecify.annotations.NullMarked;
