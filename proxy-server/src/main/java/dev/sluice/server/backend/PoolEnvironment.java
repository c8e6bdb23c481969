package dev.sluice.server.backend;

import dev.sluice.router.topology.Topology;
import dev.sluice.server.metrics.LoopMetrics;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a pool reads of the world around it. Immutable.
 *
 * @param topology the newest snapshot
 * @param nanoClock a monotonic clock
 * @param metrics the loop's counters, which also know how many connections are lent
 */
public record PoolEnvironment(Supplier<Topology> topology, LongSupplier nanoClock, LoopMetrics metrics) {}
