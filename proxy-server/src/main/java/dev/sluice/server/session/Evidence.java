package dev.sluice.server.session;

import dev.sluice.router.session.WriteLedger;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.PositionSample;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.monitor.PositionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of positions: of the servers by being asked, and of the writes of all sessions by being told. Thread-safe:
 * both parts are.
 *
 * @param positions the newest word of each server
 * @param ledger the writes that go through this process
 */
public record Evidence(PositionBoard positions, WriteLedger ledger) implements PositionListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(Evidence.class);

    /** Nothing is known yet. */
    public static Evidence of(ConsistencyConfig config, long nowNanos) {
        WriteLedger ledger = new WriteLedger(config.othersWrite(), config.stickyAfterWrite(), nowNanos);
        return new Evidence(new PositionBoard(), ledger);
    }

    @Override
    public void ownWriteBegins() {
        ledger.begun();
    }

    @Override
    public void ownWriteEnded(boolean answered) {
        if (answered) {
            ledger.ended(System.nanoTime());
        } else {
            ledger.lost(System.nanoTime());
        }
    }

    @Override
    public void sampled(int ordinal, PositionSample sample, boolean primary) {
        PositionSample before = positions.sample(ordinal);
        if (primary && ledger.primarySampled(before, sample, System.nanoTime())) {
            LOGGER.atInfo()
                    .addKeyValue("before", before.ceiling())
                    .addKeyValue("now", sample.ceiling())
                    .log("somebody writes to the primary around Sluice: for now a session stays on one replica until"
                            + " another is proven to be as new (routing.others-write)");
        }
        positions.sampled(ordinal, sample);
    }
}
