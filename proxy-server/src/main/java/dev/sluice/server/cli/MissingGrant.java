package dev.sluice.server.cli;

import java.util.List;

/**
 * Privileges that an account of the configuration lacks on one server, and what is lost without them. Immutable.
 *
 * @param who the account's place in the configuration, for a sentence
 * @param account the account as a GRANT names it
 * @param privileges what it lacks
 * @param object on what
 * @param need what it would be good for
 */
record MissingGrant(String who, String account, List<String> privileges, String object, Need need) {
    /**
     * What a privilege is good for. Immutable.
     *
     * @param loss what is lost without it, a clause
     * @param needed whether something that is configured fails without it
     * @param replication whether replication cannot be seen without it
     */
    record Need(String loss, boolean needed, boolean replication) {}

    MissingGrant {
        privileges = List.copyOf(privileges);
    }

    /** The privileges and their object, as in the statement that grants them. */
    String grant() {
        return String.join(", ", privileges) + " ON " + object;
    }

    /** The statement that grants them. */
    String statement() {
        return "GRANT " + grant() + " TO " + account;
    }

    /** Whether the main job, or something that is configured, fails without it. */
    boolean needed() {
        return need.needed();
    }

    String loss() {
        return need.loss();
    }

    @Override
    public String toString() {
        return who + " lacks " + grant() + ": " + loss() + "; " + statement();
    }
}
