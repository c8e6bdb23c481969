package dev.sluice.server.session;

import dev.sluice.router.session.WriteLedger;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.PositionSample;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.monitor.PositionListener;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of positions: of the servers by being asked, and of the writes of all sessions by being told. Thread-safe:
 * all parts are.
 *
 * @param positions the newest word of each server
 * @param ledger the writes that go through this process
 * @param before what each server had said the time before
 */
public record Evidence(PositionBoard positions, WriteLedger ledger, AtomicReferenceArray<PositionSample> before)
        implements PositionListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(Evidence.class);

    /** Nothing is known yet. */
    public static Evidence of(ConsistencyConfig config, long nowNanos) {
        WriteLedger ledger = new WriteLedger(config.othersWrite(), config.stickyAfterWrite(), nowNanos);
        AtomicReferenceArray<PositionSample> before = new AtomicReferenceArray<>(Topology.ORDINAL_MAX + 1);
        return new Evidence(new PositionBoard(), ledger, before);
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
    public void sampled(int ordinal, PositionSample sample) {
        before.set(ordinal, positions.sample(ordinal));
        positions.sampled(ordinal, sample);
    }

    @Override
    public void primarySampled(int ordinal, PositionSample sample) {
        PositionSample last = Objects.requireNonNull(before.get(ordinal));
        if (ledger.primarySampled(last, sample, System.nanoTime())) {
            LOGGER.atInfo()
                    .addKeyValue("before", last.ceiling())
                    .addKeyValue("now", sample.ceiling())
                    .log("somebody writes to the primary around Sluice: for now a session stays on one replica until"
                            + " another is proven to be as new (routing.others-write)");
        }
    }

    @Override
    public void forgotten(int ordinal) {
        positions.sampled(ordinal, PositionSample.NONE);
    }
}
