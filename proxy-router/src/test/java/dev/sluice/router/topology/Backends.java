package dev.sluice.router.topology;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builder of observations of three servers that the tests bend to their case. Confined to one test. */
final class Backends {
    static final String UUID_PREFIX = "00000000-0000-0000-0000-00000000000";

    int ordinal;
    OperatorState operatorState = OperatorState.ACTIVE;
    Health health = Health.ONLINE;
    boolean readOnly;
    int weight = 1;
    String host = "db";
    List<ReplicationChannel> channels = List.of();
    GtidPosition executed = GtidPosition.UNKNOWN;

    List<Peer> peers = List.of();
    BackendObservation.Moment read = BackendObservation.Moment.NONE;
    MeasuredLag measured = MeasuredLag.UNKNOWN;
    Admission admission = Admission.FULL;

    @Nullable
    GroupMembership group;

    @Nullable
    String uuid;

    static Backends writable(int ordinal) {
        Backends server = new Backends();
        server.ordinal = ordinal;
        server.uuid = UUID_PREFIX + ordinal;
        return server;
    }

    static Backends replica(int ordinal, int source) {
        Backends server = writable(ordinal);
        server.readOnly = true;
        server.channels = List.of(channel(source, Duration.ZERO));
        return server;
    }

    static ReplicationChannel channel(int source, @Nullable Duration behind) {
        return new ReplicationChannel(
                "db" + source,
                3306,
                source + 1,
                UUID_PREFIX + source,
                ReplicationChannel.Receiver.RUNNING,
                true,
                behind,
                null);
    }

    static Backends member(int ordinal, GroupMembership group) {
        Backends server = writable(ordinal);
        server.group = group;
        server.readOnly = !group.writer();
        return server;
    }

    Backends measured(@Nullable Duration byPosition, @Nullable Duration byHeartbeat) {
        measured = new MeasuredLag(byPosition, byHeartbeat);
        return this;
    }

    Backends admission(Admission.State state, int share) {
        admission = new Admission(state, share);
        return this;
    }

    Backends peers(Peer... others) {
        peers = List.of(others);
        return this;
    }

    Backends behind(int source, @Nullable Duration lag) {
        channels = List.of(channel(source, lag));
        return this;
    }

    Backends stopped() {
        channels = channels.stream()
                .map(c -> new ReplicationChannel(
                        c.sourceHost(),
                        c.sourcePort(),
                        c.sourceServerId(),
                        c.sourceUuid(),
                        ReplicationChannel.Receiver.STOPPED,
                        false,
                        null,
                        null))
                .toList();
        return this;
    }

    Backends failing() {
        channels = channels.stream()
                .map(c -> new ReplicationChannel(
                        c.sourceHost(),
                        c.sourcePort(),
                        c.sourceServerId(),
                        c.sourceUuid(),
                        ReplicationChannel.Receiver.CONNECTING,
                        true,
                        null,
                        "access denied"))
                .toList();
        return this;
    }

    Backends open() {
        readOnly = false;
        return this;
    }

    /** Read at that moment. */
    Backends at(long nanos) {
        read = new BackendObservation.Moment(nanos, nanos);
        return this;
    }

    Backends fenced() {
        readOnly = true;
        return this;
    }

    Backends health(Health value) {
        health = value;
        return this;
    }

    Backends operator(OperatorState value) {
        operatorState = value;
        return this;
    }

    Backends executed(String gtids) {
        executed = GtidPosition.parse(ServerFlavor.MYSQL, gtids);
        return this;
    }

    BackendObservation seen() {
        ServerFacts facts = health == Health.ONLINE
                ? new ServerFacts("8.0.31", ServerFlavor.MYSQL, ordinal + 1, uuid, 255, "", true, 16_382)
                : null;
        return new BackendObservation(
                ordinal,
                new BackendAddress(host + ordinal, 3306),
                operatorState,
                weight,
                null,
                health,
                readOnly,
                health == Health.ONLINE ? channels : List.of(),
                health == Health.ONLINE ? executed : GtidPosition.UNKNOWN,
                facts,
                null,
                health == Health.ONLINE
                        ? new BackendObservation.Surroundings(group, peers, measured, admission, read)
                        : new BackendObservation.Surroundings(null, List.of(), MeasuredLag.UNKNOWN, admission, read));
    }
}
