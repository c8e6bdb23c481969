/**
 * The configuration file: one table of keys ({@link dev.sluice.server.config.ConfigKeys}), a loader that reports every
 * problem of a file at once, and the immutable records the rest of the server is given.
 */
@NullMarked
package dev.sluice.server.config;

import org.jspecify.annotations.NullMarked;
