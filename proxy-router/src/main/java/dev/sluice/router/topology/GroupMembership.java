package dev.sluice.router.topology;

/**
 * What a server says about its place in a group that keeps itself in step: Group Replication or Galera. Immutable.
 *
 * @param groupId the group's own identifier; two servers with the same one belong together
 * @param state of this member
 * @param quorum whether the part of the group that this member sees is the majority
 * @param writer whether the group lets this member take writes
 */
public record GroupMembership(String groupId, State state, boolean quorum, boolean writer) {
    /** State of a member. Immutable. */
    public enum State {
        /** It has what the group has, but for what is being applied. */
        ONLINE,
        /** It joins, catches up or serves as a donor: its data may be old. */
        RECOVERING,
        /** It has left the group or was expelled. */
        OUTSIDE
    }

    /** Whether its data may be trusted: in the group, caught up, and not cut off from the others. */
    public boolean isInStep() {
        return state == State.ONLINE && quorum;
    }
}
