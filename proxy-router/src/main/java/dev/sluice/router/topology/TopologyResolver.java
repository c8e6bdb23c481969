package dev.sluice.router.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Topology} of what the probes found: who is the primary, who replicates, who is how far behind. Immutable.
 *
 * <p><b>Who is the primary.</b> A candidate is a server that is online, active, writable, and does not follow another
 * configured backend.
 * <ul>
 *   <li>One candidate: it is the primary.</li>
 *   <li>Several: the primary so far if it is one of them, else none; an alarm either way. An operator ends the ambiguity by
 *       draining or fencing one.</li>
 *   <li>None: no primary, and an alarm.</li>
 * </ul>
 *
 * <p><b>A writable server that follows a configured backend is a replica</b>, with an alarm that asks for
 * super_read_only: many sites forget read_only on replicas, and taking such a server for the primary when the real one
 * fails for a moment would split the data. It becomes a candidate once its replication is stopped, which every promotion
 * does. A writable server that follows a server that is <em>not</em> configured (a migration from elsewhere) is a
 * candidate as usual, and so are writable servers that follow each other: in a circle, following says nothing.
 *
 * <p><b>A contest.</b> A server that is seen to be a candidate while the primary still is one has a history of its own. From
 * then on it is elected only
 * <ul>
 *   <li>if it has executed all that the primary had when last seen (never without GTIDs; on MariaDB, where both may number
 *       writes of their own alike, only if both positions are equal),</li>
 *   <li>or after the operator has drained or removed the primary, or has taken it offline, or has made it follow that
 *       server,</li>
 *   <li>or after it has stood back: it was seen read-only, or following a configured backend.</li>
 * </ul>
 * Else there is no primary, and an alarm: a primary that is silent for a moment comes back with writes that the other one
 * lacks. Where there has been no primary yet, the candidates are rivals of each other by the same rule. A server that turns
 * writable when the primary has already gone, which is every ordinary failover, is in no contest, whatever it lacks.
 *
 * <p>Before there has been any primary, nobody is elected until each backend has been probed once: the first answer must
 * not win by being first.
 *
 * <p><b>One server twice.</b> A backend with the server_uuid of a usable one with a smaller ordinal is that server under another
 * name, and takes no role. MariaDB has no server_uuid, so that this is not noticed there.
 *
 * <p><b>Lag</b> is that of the whole chain from the primary: a replica that follows another replica is behind by both, and
 * one that follows a configured server which is not connected to the primary at all has unknown lag, whatever it says
 * itself. This is how replicas that still follow a demoted primary are kept from serving old data. Broken replication is
 * unknown lag.
 *
 * <p><b>Groups.</b> Members of a Group Replication or Galera group follow the group's own word: a member that is not in
 * step, or that sees only a minority, is neither primary nor readable. Several writable members of one group are no
 * ambiguity: the primary so far stays, else the first one configured becomes it, and the others are its replicas.
 */
public final class TopologyResolver {
    /** Every backend may become primary. */
    public static final long ANYBODY = -1L;

    private final long electable;
    private final Topology previous;
    private final List<BackendObservation> observations;
    private final ReplicationGraph graph;
    private final boolean weightsInTenths;

    private TopologyResolver(Topology previous, List<BackendObservation> observations, long electable) {
        this.electable = electable;
        this.previous = previous;
        this.observations = observations;
        this.graph = new ReplicationGraph(observations);
        this.weightsInTenths = observations.stream()
                .anyMatch(server -> server.cluster().admission().share() < Admission.SHARE_MAX);
    }

    /**
     * The topology that follows from the observations, with the next version number; {@code previous} itself if nothing
     * has changed.
     *
     * @throws IllegalArgumentException if two observations have the same ordinal
     */
    public static Topology resolve(Topology previous, List<BackendObservation> observations, TopologyPolicy policy) {
        return resolve(previous, observations, policy, ANYBODY);
    }

    /**
     * The same while roles change on purpose: the others count as servers that take no writes, and that there is no primary
     * for a moment is no alarm.
     *
     * @param electable bit mask over ordinals of those that may become primary; {@link #ANYBODY} while nobody changes roles
     * @throws IllegalArgumentException if two observations have the same ordinal
     */
    public static Topology resolve(
            Topology previous, List<BackendObservation> observations, TopologyPolicy policy, long electable) {
        List<BackendObservation> remembered = observations.stream()
                .map(seen -> seen.remembering(previous.find(seen.ordinal())))
                .toList();
        return new TopologyResolver(previous, remembered, electable).resolve(policy);
    }

    private Topology resolve(TopologyPolicy policy) {
        List<BackendObservation> candidates =
                observations.stream().filter(this::isCandidate).toList();
        Contest contest = new Contest(previous, observations, graph, candidates);
        BackendObservation primary = electPrimary(candidates, contest);
        int lastPrimary = primary != null ? primary.ordinal() : lastPrimaryIfConfigured();
        List<BackendStatus> backends = new ArrayList<>(observations.size());
        for (BackendObservation observation : observations) {
            backends.add(status(observation, primary, lastPrimary));
        }
        int primaryOrdinal = primary == null ? -1 : primary.ordinal();
        Topology.Findings findings = new Topology.Findings(
                primaryOrdinal,
                lastPrimary,
                independent(candidates),
                alarm(candidates, primary, contest),
                graph.discovered(),
                graph.named(),
                contest.contendersAfter(primary));
        if (previous.isLike(backends, findings)) {
            return previous;
        }
        long epoch = previous.identityEpoch() + (isAnyIdentityChanged(backends) ? 1 : 0);
        return new Topology(previous.version() + 1, epoch, backends, findings, policy);
    }

    private boolean isCandidate(BackendObservation server) {
        GroupMembership group = server.cluster().group();
        if (!server.isUsable()
                || isBarred(server)
                || original(server) != null
                || (group != null && !(group.isInStep() && group.writer()))) {
            return false;
        }
        return !graph.followsConfiguredBackend(server) || graph.isFollowedByItsSource(server);
    }

    /** The usable backend that is the same server under another name and comes first; null if there is none. */
    private @Nullable BackendObservation original(BackendObservation server) {
        String uuid = uuid(server);
        if (uuid == null || server.health() != Health.ONLINE) {
            return null;
        }
        return observations.stream()
                .filter(other -> other.ordinal() < server.ordinal() && other.isUsable() && uuid.equals(uuid(other)))
                .findFirst()
                .orElse(null);
    }

    private static @Nullable String uuid(BackendObservation server) {
        return server.facts() == null ? null : server.facts().serverUuid();
    }

    private boolean isBarred(BackendObservation server) {
        return server.readOnly() || (electable & 1L << server.ordinal()) == 0;
    }

    private @Nullable BackendObservation electPrimary(List<BackendObservation> candidates, Contest contest) {
        for (BackendObservation candidate : candidates) {
            if (candidate.ordinal() == previous.lastPrimaryOrdinal()) {
                return candidate;
            }
        }
        boolean firstElection = previous.lastPrimaryOrdinal() < 0;
        if (independent(candidates) != 1 || (firstElection && isAnyUnprobed())) {
            return null;
        }
        return candidates.stream()
                .filter(candidate -> contest.obstacle(candidate) == null)
                .findFirst()
                .orElse(null);
    }

    /** How many of them are no members of one group with another that is counted. */
    private static int independent(List<BackendObservation> candidates) {
        int count = 0;
        for (int i = 0; i < candidates.size(); i++) {
            BackendObservation candidate = candidates.get(i);
            if (candidates.subList(0, i).stream().noneMatch(candidate::isInGroupOf)) {
                count++;
            }
        }
        return count;
    }

    private boolean isAnyUnprobed() {
        return observations.stream()
                .anyMatch(
                        server -> server.health() == Health.UNPROBED && server.operatorState() == OperatorState.ACTIVE);
    }

    private int lastPrimaryIfConfigured() {
        int ordinal = previous.lastPrimaryOrdinal();
        return observations.stream().anyMatch(server -> server.ordinal() == ordinal) ? ordinal : -1;
    }

    private BackendStatus status(BackendObservation server, @Nullable BackendObservation primary, int lastPrimary) {
        BackendStatus before = previous.find(server.ordinal());
        boolean sameAddress = before != null && before.address().equals(server.address());
        return new BackendStatus(
                server.ordinal(),
                server.address(),
                role(server, primary, lastPrimary, sameAddress ? before : null),
                server.health(),
                server.operatorState(),
                effectiveWeight(server),
                server.zone(),
                server.equals(primary) ? Duration.ZERO : graph.lag(server, primary),
                server.executed(),
                server.facts(),
                problem(server, primary),
                new BackendStatus.Allowance(server.weight(), server.cluster().admission()));
    }

    /** In tenths for all backends while one of them has less than its whole weight, so that a weight of 1 can be shared. */
    private int effectiveWeight(BackendObservation server) {
        int weight =
                weightsInTenths ? server.weight() * server.cluster().admission().share() : server.weight();
        return Math.min(weight, Topology.WEIGHT_MAX);
    }

    private Role role(
            BackendObservation server,
            @Nullable BackendObservation primary,
            int lastPrimary,
            @Nullable BackendStatus before) {
        if (server.equals(primary)) {
            return Role.PRIMARY;
        }
        if (server.health() == Health.ONLINE && (server.isOutOfStep() || original(server) != null)) {
            return Role.UNKNOWN;
        }
        if (server.health() == Health.ONLINE) {
            boolean replica = isBarred(server)
                    || graph.followsConfiguredBackend(server)
                    || (primary != null && server.isInGroupOf(primary));
            boolean pausedPrimary = primary == null && server.ordinal() == lastPrimary && !isBarred(server);
            return pausedPrimary ? Role.PRIMARY : replica ? Role.REPLICA : Role.UNKNOWN;
        }
        if (before == null) {
            return Role.UNKNOWN;
        }
        return before.role() == Role.PRIMARY && primary != null ? Role.UNKNOWN : before.role();
    }

    private @Nullable String problem(BackendObservation server, @Nullable BackendObservation primary) {
        BackendObservation original = original(server);
        if (original != null) {
            return "is the same server as " + original.address();
        }
        if (server.problem() != null) {
            return server.problem();
        }
        return server.health() != Health.ONLINE || server.equals(primary) ? null : graph.problem(server, primary);
    }

    private @Nullable String alarm(
            List<BackendObservation> candidates, @Nullable BackendObservation primary, Contest contest) {
        if (independent(candidates) > 1) {
            return "several writable servers: " + addresses(candidates)
                    + (primary == null
                            ? "; none of them was the primary before, so no writes are accepted; drain or fence all but one"
                            : "; writes stay on " + primary.address() + "; drain or fence the others");
        }
        BackendObservation held = primary != null || candidates.isEmpty() ? null : candidates.get(0);
        BackendObservation obstacle = held == null ? null : contest.obstacle(held);
        if (held != null && obstacle != null) {
            return Contest.alarm(held, obstacle);
        }
        List<BackendObservation> writableReplicas = observations.stream()
                .filter(server -> server.isUsable() && !isBarred(server) && !server.equals(primary))
                .filter(server -> graph.followsConfiguredBackend(server) && original(server) == null)
                .toList();
        String open = writableReplicas.isEmpty()
                ? null
                : "replicas that accept writes: " + addresses(writableReplicas) + "; set super_read_only on them";
        if (primary != null || isAnyUnprobed()) {
            return open;
        }
        if (open == null && electable != ANYBODY) {
            return null;
        }
        return open == null
                ? "no writable server"
                : "no primary; " + open + ", or stop their replication to promote one";
    }

    private static String addresses(List<BackendObservation> servers) {
        StringJoiner joined = new StringJoiner(", ");
        servers.forEach(server -> joined.add(server.address().toString()));
        return joined.toString();
    }

    private boolean isAnyIdentityChanged(List<BackendStatus> backends) {
        for (BackendStatus now : backends) {
            BackendStatus before = previous.find(now.ordinal());
            if (before == null || isIdentityChanged(before, now)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isIdentityChanged(BackendStatus before, BackendStatus now) {
        if (!before.address().equals(now.address())) {
            return true;
        }
        if (before.facts() != null && now.facts() != null && !before.facts().isSameServer(now.facts())) {
            return true;
        }
        boolean comparable = before.executed() != GtidPosition.UNKNOWN && now.executed() != GtidPosition.UNKNOWN;
        return comparable && !now.executed().contains(before.executed());
    }
}
