@NullMarked
package dev.sluice.server.admission;

import org.jspecify.annotations.NullMarked;
