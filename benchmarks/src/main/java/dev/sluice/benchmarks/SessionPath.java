package dev.sluice.benchmarks;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.router.balance.BalancerKind;
import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.ClientAuthentication;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.auth.LoginName;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendOpener;
import dev.sluice.server.backend.ConnectListener;
import dev.sluice.server.backend.EmbeddedBackends;
import dev.sluice.server.backend.LoopPool;
import dev.sluice.server.backend.PoolEnvironment;
import dev.sluice.server.backend.PoolKey;
import dev.sluice.server.backend.PoolSettings;
import dev.sluice.server.backend.WaitingBudget;
import dev.sluice.server.config.ConsistencyConfig;
import dev.sluice.server.frontend.EmbeddedFrontends;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.FrontendCommandHandler;
import dev.sluice.server.metrics.LoopMetrics;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.monitor.AccountChoice;
import dev.sluice.server.monitor.CollationCatalog;
import dev.sluice.server.monitor.MonitorSettings;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.monitor.TriggerWatch;
import dev.sluice.server.session.DiagnosticsUsers;
import dev.sluice.server.session.Evidence;
import dev.sluice.server.session.LoopContext;
import dev.sluice.server.session.ServerKills;
import dev.sluice.server.session.Session;
import dev.sluice.server.session.SessionRegistry;
import dev.sluice.server.session.SessionSettings;
import dev.sluice.server.session.SessionStarts;
import dev.sluice.server.session.SessionSwitches;
import dev.sluice.server.session.StatementTexts;
import dev.sluice.server.session.UserChange;
import dev.sluice.server.session.WriteGate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A session as it is in production, between a client and a replica that are channels without sockets: what a command goes
 * through is all there but the system calls. Confined to one thread.
 */
final class SessionPath implements AutoCloseable {
    private static final int CAPABILITIES = Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_TRANSACTIONS
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_MULTI_RESULTS
            | Capabilities.CLIENT_PS_MULTI_RESULTS
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_SESSION_TRACK
            | Capabilities.CLIENT_DEPRECATE_EOF;
    private static final byte[] OK = {7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0};
    private static final int COM_QUERY = 3;
    private static final int COM_STMT_PREPARE = 22;
    private static final int COM_STMT_EXECUTE = 23;
    private static final int TYPE_LONG = 3;
    /** What the server calls the statement; to the client it is the first. */
    private static final int SERVER_STATEMENT_ID = 77;

    private static final int CLIENT_STATEMENT_ID = 1;
    /** Where it stands in an execution. */
    private static final int STATEMENT_ID_INDEX = Packets.HEADER_LENGTH + 1;

    private static final int WHOLE_BYTES_MAX = 1 << 20;
    private static final int REPLICA = 1;
    private static final int CONNECTIONS_MAX = 10;

    /** As slow as a clock, and hardly moving: what the monitor knows would be too old after some seconds, and nobody asks here. */
    private static final LongSupplier CLOCK = new LongSupplier() {
        private final long start = System.nanoTime();

        @Override
        public long getAsLong() {
            return start + (System.nanoTime() & 0xFFFF);
        }
    };

    private final EmbeddedChannel client = new EmbeddedChannel();
    private final EmbeddedChannel server = new EmbeddedChannel();
    private final StatementClassifier classifier = new StatementClassifier(ClassifierLimits.DEFAULT);
    private final TopologyMonitor monitor = new TopologyMonitor(MonitorSettings.of("monitor", ""), List.of());
    private final TriggerWatch triggers = new TriggerWatch(monitor, Duration.ofHours(1));
    private final boolean isPrepared;
    private final ByteBuf command;
    private final ByteBuf response;
    private final ByteBuf prepareOk;
    /** Of a query and of its answer. */
    private final int bytes;

    private SessionPath(String query, boolean prepared, SampleResult result) {
        isPrepared = prepared;
        byte[] text = query.getBytes(StandardCharsets.UTF_8);
        classifier.classifyBlocking(text, LexicalMode.DEFAULT);
        command = prepared
                ? command(COM_STMT_EXECUTE, SessionPath::execution)
                : command(COM_QUERY, payload -> payload.bytes(text));
        response = ofAllocator(result.response());
        prepareOk = result.prepareOk(SERVER_STATEMENT_ID);
        bytes = command.writerIndex() + response.writerIndex();
        client.pipeline().addLast("commands", new FrontendCommandHandler(session(), WHOLE_BYTES_MAX));
        if (prepared) {
            first(command(COM_STMT_PREPARE, payload -> payload.bytes(text)));
        }
        first(asked());
    }

    /** A session that has asked the query once, so that everything about it is known. */
    static SessionPath ofText(String query, SampleResult result) {
        return new SessionPath(query, false, result);
    }

    /** A session that has prepared a query with one parameter, which is a number, and executed it once. */
    static SessionPath ofPrepared(String query, SampleResult result) {
        return new SessionPath(query, true, result);
    }

    private static ByteBuf command(int type, Consumer<PayloadWriter> arguments) {
        ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer();
        int header = Packets.begin(out, 0);
        arguments.accept(new PayloadWriter(out).int1(type));
        Packets.end(out, header);
        return out;
    }

    /** The first statement without a cursor, once; no value is NULL, the types follow. */
    private static void execution(PayloadWriter payload) {
        payload.int4(CLIENT_STATEMENT_ID)
                .int1(0)
                .int4(1)
                .int1(0)
                .int1(1)
                .int2(TYPE_LONG)
                .int4(4711);
    }

    private void first(ByteBuf sent) {
        client.pipeline().fireChannelRead(sent);
        client.pipeline().fireChannelReadComplete();
        settle();
    }

    /** Buffers as sockets get them: their slices and duplicates are pooled. */
    private static ByteBuf ofAllocator(ByteBuf bytes) {
        ByteBuf out =
                ByteBufAllocator.DEFAULT.directBuffer(bytes.readableBytes()).writeBytes(bytes);
        bytes.release();
        return out;
    }

    private Session session() {
        Topology topology = Topology.of(
                1,
                List.of(SampleServers.server(0, Role.PRIMARY), SampleServers.server(REPLICA, Role.REPLICA)),
                0,
                TopologyPolicy.DEFAULT);
        LoopMetrics metrics = new MetricsRegistry(() -> topology, List.of("a", "b", "c")).newLoop();
        CredentialCache credentials = new CredentialCache(Duration.ofMinutes(1), 10);
        ConsistencyConfig consistency = ConsistencyConfig.defaults();
        SessionSettings settings =
                new SessionSettings(true, false, consistency, Duration.ofSeconds(10), 100, 1 << 20, 1 << 24);
        LoopContext.Shared shared = new LoopContext.Shared(
                classifier,
                () -> topology,
                () -> settings,
                new SessionSwitches(),
                new SessionRegistry(CONNECTIONS_MAX),
                new StatementTexts(),
                credentials,
                new DiagnosticsUsers(),
                triggers,
                new NoSignals(),
                Evidence.of(consistency, CLOCK.getAsLong()),
                new WriteGate(CLOCK),
                (ordinal, thread) -> CompletableFuture.completedFuture(ServerKills.Outcome.DONE),
                new Refusals(CLOCK),
                CLOCK);
        EventLoop loop = client.eventLoop();
        LoopPool pool = new LoopPool(
                loop,
                new Opener(),
                new BackendCapacities(
                        List.of(SampleServers.address(0), SampleServers.address(REPLICA)),
                        List.of(CONNECTIONS_MAX, CONNECTIONS_MAX),
                        0,
                        new WaitingBudget(CONNECTIONS_MAX, WHOLE_BYTES_MAX)),
                new PoolSettings(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1)),
                new PoolEnvironment(() -> topology, CLOCK, metrics));
        LoopContext context = new LoopContext(loop, shared, pool, BalancerKind.WRR.create(), metrics);
        Frontend frontend = EmbeddedFrontends.of(client, CAPABILITIES);
        SessionStarts starts = new SessionStarts(() -> topology, () -> CollationCatalog.EMPTY);
        UserChange userChange = new UserChange(
                context,
                frontend,
                new UserChange.Services(
                        new AuthServices(credentials, name -> AccountChoice.NONE, RsaKeys.generate(), false), starts),
                new ClientAuthentication.Client("localhost", null, false, false),
                new byte[20]);
        Credential credential = Credential.ofPassword(LoginName.of("app"), new byte[] {1});
        return new Session(context, frontend, starts.start(credential, 45, null, false, CAPABILITIES), userChange);
    }

    /** Lets the first command run to its end, with everything that has to be said to a new connection before. */
    private void settle() {
        for (int step = 0; step < 100; step++) {
            client.runPendingTasks();
            server.runPendingTasks();
            @Nullable ByteBuf sent = server.readOutbound();
            while (sent != null) {
                answer(sent);
                sent.release();
                sent = server.readOutbound();
            }
            if (drain(client) > OK.length) {
                return;
            }
        }
        throw new IllegalStateException("the first command was not answered");
    }

    private void answer(ByteBuf sent) {
        while (sent.isReadable()) {
            ByteBuf packet = sent.readSlice(Packets.HEADER_LENGTH + sent.getUnsignedMediumLE(sent.readerIndex()));
            receive(answerTo(packet));
        }
    }

    /** There is one command with rows; whatever else a connection is told it answers with OK. */
    private ByteBuf answerTo(ByteBuf packet) {
        int type = packet.getUnsignedByte(packet.readerIndex() + Packets.HEADER_LENGTH);
        if (type == COM_STMT_PREPARE) {
            return again(prepareOk);
        }
        boolean same = type == command.getUnsignedByte(Packets.HEADER_LENGTH)
                && packet.readableBytes() == command.writerIndex();
        return same ? again(response) : Unpooled.copiedBuffer(OK);
    }

    private void receive(ByteBuf bytes) {
        server.pipeline().fireChannelRead(bytes);
        server.pipeline().fireChannelReadComplete();
    }

    /**
     * One query and its answer: returns the bytes that the server and then the client got.
     *
     * @throws IllegalStateException if the session says more or less than was asked: something else would be measured
     */
    int query() {
        client.pipeline().fireChannelRead(asked());
        client.pipeline().fireChannelReadComplete();
        int sent = drain(server);
        receive(again(response));
        int all = sent + drain(client);
        if (all != bytes) {
            throw new IllegalStateException(all + " bytes of a query and its answer, not " + bytes);
        }
        return all;
    }

    /** What the harness itself does for a query: the same buffers through the same channels, past the session. */
    @SuppressWarnings("FutureReturnValueIgnored") // promises that promise nothing
    int relay() {
        client.write(again(command), client.voidPromise());
        client.flush();
        int sent = drain(client);
        client.write(again(response), client.voidPromise());
        client.flush();
        return sent + drain(client);
    }

    /** The command as the client sends it: on its way the server's number of the statement was put into the same bytes. */
    private ByteBuf asked() {
        if (isPrepared) {
            command.setIntLE(STATEMENT_ID_INDEX, CLIENT_STATEMENT_ID);
        }
        return again(command);
    }

    /** The buffer itself, because even a duplicate is an object. */
    private static ByteBuf again(ByteBuf bytes) {
        return bytes.readerIndex(0).retain();
    }

    private static int drain(EmbeddedChannel channel) {
        int bytes = 0;
        @Nullable ByteBuf part = channel.readOutbound();
        while (part != null) {
            bytes += part.readableBytes();
            part.release();
            part = channel.readOutbound();
        }
        return bytes;
    }

    @Override
    public void close() {
        client.finishAndReleaseAll();
        server.finishAndReleaseAll();
        command.release();
        response.release();
        prepareOk.release();
        triggers.close();
        monitor.close();
        classifier.close();
    }

    /** Opens the one connection there is. Confined to one thread. */
    private final class Opener implements BackendOpener {
        @Override
        public void connect(
                EventLoop loop, BackendAddress address, PoolKey key, Credential credential, ConnectListener listener) {
            BackendConnection connection = EmbeddedBackends.open(server, key, CAPABILITIES, CLOCK.getAsLong());
            loop.execute(() -> listener.connected(connection));
        }
    }

    /** Nobody listens. Immutable. */
    private record NoSignals() implements LoopContext.MonitorSignals {
        @Override
        public void trouble(int backendOrdinal, boolean connectionLost) {
            throw new IllegalStateException("trouble with backend " + backendOrdinal);
        }

        @Override
        public void wrote() {
            throw new IllegalStateException("a read counted as a write");
        }

        @Override
        public void accountsChanged() {
            throw new IllegalStateException("a read changed accounts");
        }

        @Override
        public void positionWanted(int backendOrdinal) {
            // Nothing is written, so no position is missed.
        }
    }
}
