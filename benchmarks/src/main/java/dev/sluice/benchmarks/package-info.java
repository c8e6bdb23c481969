/**
 * JMH benchmarks of the hot classes, one class for each question. {@code docs/benchmarks.md} says how to run them.
 *
 * <p>Every benchmark stands beside a baseline in the same class: a time without something to compare it with says little
 * on another machine.
 */
@NullMarked
package dev.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
