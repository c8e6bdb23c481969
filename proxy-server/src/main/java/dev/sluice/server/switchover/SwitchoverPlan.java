package dev.sluice.server.switchover;

import java.util.ArrayList;
import java.util.List;

/**
 * What a switchover will do, after everything that can be known beforehand has been checked. Immutable.
 *
 * @param dialect how the servers are spoken to
 * @param primary the primary so far
 * @param target the primary to be
 * @param followers the other replicas of the primary
 * @param source how the primary will replicate from the target
 * @param knownHost the primary's host as its replicas know it
 * @param knownPort its port as they know it
 * @param remarks what will not be done, and why
 */
record SwitchoverPlan(
        SwitchoverDialect dialect,
        SwitchoverServer primary,
        SwitchoverServer target,
        List<SwitchoverServer> followers,
        SwitchoverDialect.ReplicationSource source,
        String knownHost,
        int knownPort,
        List<String> remarks)
        implements AutoCloseable {
    SwitchoverPlan {
        followers = List.copyOf(followers);
        remarks = List.copyOf(remarks);
    }

    String targetHost() {
        return target.address().host();
    }

    int targetPort() {
        return target.address().port();
    }

    /** Everything that would be done: name of the step and what it does. */
    List<List<String>> describe() {
        List<List<String>> steps = new ArrayList<>();
        steps.add(List.of("close", "new writes and transactions wait"));
        steps.add(List.of("drain", "transactions and statements on " + primary + " end"));
        steps.add(List.of("fence", on(primary, dialect.fence())));
        steps.add(List.of("catch up", on(target, List.of(dialect.awaitQuery("<position of " + primary + ">", 1.0)))));
        List<String> promotion = new ArrayList<>(List.of(dialect.stopReplication()));
        promotion.addAll(dialect.open());
        steps.add(List.of("promote", on(target, promotion)));
        for (SwitchoverServer follower : followers) {
            steps.add(List.of("repoint", on(follower, repointing())));
        }
        List<String> demotion =
                new ArrayList<>(dialect.becomeReplica(source, targetHost(), targetPort(), "<its position>"));
        demotion.add(dialect.startReplication());
        steps.add(List.of("demote", on(primary, demotion)));
        steps.add(List.of("confirm", "the monitor names " + target + " as primary"));
        steps.add(List.of("open", "what waited goes to " + target));
        steps.add(List.of("forget", on(target, List.of(dialect.forgetSource()))));
        remarks.forEach(remark -> steps.add(List.of("remark", remark)));
        return steps;
    }

    private List<String> repointing() {
        return List.of(
                dialect.stopReplication(),
                dialect.changeSource(targetHost(), targetPort()),
                dialect.startReplication());
    }

    private static String on(SwitchoverServer server, List<String> statements) {
        return server + ": " + SwitchoverDialect.masked(String.join("; ", statements));
    }

    @Override
    public void close() {
        primary.close();
        target.close();
        followers.forEach(SwitchoverServer::close);
    }
}
