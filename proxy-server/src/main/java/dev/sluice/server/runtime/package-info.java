/** What can change while traffic runs: the configuration with its history, and the operations behind every door. */
@NullMarked
package dev.sluice.server.runtime;

import org.jspecify.annotations.NullMarked;
