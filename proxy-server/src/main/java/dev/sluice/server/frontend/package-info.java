@NullMarked
package dev.sluice.server.frontend;

import org.jspecify.annotations.NullMarked;
