@NullMarked
package dev.sluice.server.monitor;

import org.jspecify.annotations.NullMarked;
