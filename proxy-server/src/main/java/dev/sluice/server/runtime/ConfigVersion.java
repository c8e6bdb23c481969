package dev.sluice.server.runtime;

import java.time.Instant;

/**
 * One version of the configuration. Immutable.
 *
 * @param number grows by one with each change
 * @param author who made it
 * @param time when
 * @param change what was done, in one sentence
 * @param config all of it
 */
public record ConfigVersion(long number, String author, Instant time, String change, RuntimeConfig config) {}
