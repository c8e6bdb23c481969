package dev.sluice.server.monitor;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.ReplicationChannel;
import dev.sluice.router.topology.ServerFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one probe read from one server. Immutable.
 *
 * @param readOnly whether the server refuses writes of ordinary accounts
 * @param channels its replication channels
 * @param executed what it has executed
 * @param ceiling what it may have shown to anybody before it was asked; unknown if it cannot tell
 * @param facts what it says about itself
 * @param degradation what the monitor account may not see, and what is lost by that; null if it sees everything
 */
public record ProbeReading(
        boolean readOnly,
        List<ReplicationChannel> channels,
        GtidPosition executed,
        GtidPosition ceiling,
        ServerFacts facts,
        @Nullable String degradation) {}
