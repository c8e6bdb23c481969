/**
 * The demonstration: a local cluster, Sluice in front of it, and a tour over one JDBC URL.
 *
 * <p>{@link dev.sluice.server.demo.Demo} owns the life of everything that is started;
 * {@link dev.sluice.server.demo.Tour} knows what must be true and asks it of a
 * {@link dev.sluice.server.demo.TourSession}; {@link dev.sluice.server.demo.DemoOutput} prints.
 */
@NullMarked
package dev.sluice.server.demo;

import org.jspecify.annotations.NullMarked;
