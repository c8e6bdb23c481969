package dev.sluice.server.demo;

import java.time.Duration;

/**
 * Everything that the tour acts on.
 *
 * <p>Immutable.
 *
 * @param clients the way to a new connection over the one URL
 * @param servers what is behind Sluice
 * @param operator the way to its admin port
 * @param patience how long a step waits for what must come to pass
 */
record TourStage(TourSession.Opener clients, TourServers servers, Operator operator, Duration patience) {}
