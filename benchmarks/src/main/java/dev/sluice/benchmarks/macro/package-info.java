/**
 * The macro benchmark {@code sluice bench}: the same load in turns straight to real servers, through Sluice, through
 * HAProxy, a bare relay on Netty and whatever else the user names, with the CPU that each proxy spends on a query.
 *
 * <p>The path of a run: {@link dev.sluice.benchmarks.macro.BenchCommand} reads the options,
 * {@link dev.sluice.benchmarks.macro.Servers} are started or found, each proxy becomes a
 * {@link dev.sluice.benchmarks.macro.Target}, {@link dev.sluice.benchmarks.macro.MacroBenchmark} lets a
 * {@link dev.sluice.benchmarks.macro.Load} run against each in turn, and {@link dev.sluice.benchmarks.macro.Report} says
 * what came out.
 */
@NullMarked
package dev.sluice.benchmarks.macro;

import org.jspecify.annotations.NullMarked;
