package dev.sluice.server.http;

import java.util.List;

/** Says whether clients should be sent here. Thread-safe: implementations read snapshots and do not block. */
@FunctionalInterface
public interface ReadinessProbe {
    /** What stands in the way, one sentence each, such as "no primary is known"; empty when ready. */
    List<String> obstacles();
}
