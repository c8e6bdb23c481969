/**
 * Logging: logback set up in code from {@link dev.sluice.server.config.LogConfig}, text for people and JSON lines for
 * machines, and a brake for events that repeat. Messages are constants and everything variable is a key-value pair;
 * SQL text and passwords are neither.
 */
@NullMarked
package dev.sluice.server.logging;

import org.jspecify.annotations.NullMarked;
