@NullMarked
package dev.sluice.server.backend;

import org.jspecify.annotations.NullMarked;
