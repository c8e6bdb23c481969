@NullMarked
package dev.sluice.server.runtime;

import org.jspecify.annotations.NullMarked;
