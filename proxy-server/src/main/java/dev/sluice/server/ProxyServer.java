package dev.sluice.server;

import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.topology.PositionSample;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Switchovers;
import dev.sluice.server.admission.AcceptFailures;
import dev.sluice.server.admission.ClientAdmission;
import dev.sluice.server.admission.Descriptors;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.auth.DirectoryAccounts;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.backend.BackendConnector;
import dev.sluice.server.backend.LoopPool;
import dev.sluice.server.backend.PoolEnvironment;
import dev.sluice.server.cli.BuildInfo;
import dev.sluice.server.cli.ServerStarter;
import dev.sluice.server.compression.CompressionAlgorithm;
import dev.sluice.server.config.ProxyProtocol;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.frontend.FrontendHandshakeHandler;
import dev.sluice.server.frontend.FrontendSettings;
import dev.sluice.server.frontend.ProxyHeaderHandler;
import dev.sluice.server.frontend.SessionReception;
import dev.sluice.server.http.ServingReadiness;
import dev.sluice.server.metrics.LoopMetrics;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.monitor.AccountDirectory;
import dev.sluice.server.monitor.PositionListener;
import dev.sluice.server.monitor.StatementKiller;
import dev.sluice.server.monitor.StatementKills;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.monitor.TriggerWatch;
import dev.sluice.server.runtime.ProxyAdministration;
import dev.sluice.server.runtime.RuntimeParts;
import dev.sluice.server.session.DiagnosticsUsers;
import dev.sluice.server.session.Evidence;
import dev.sluice.server.session.LoopContext;
import dev.sluice.server.session.SessionControl;
import dev.sluice.server.session.SessionRegistry;
import dev.sluice.server.session.SessionStarts;
import dev.sluice.server.session.StatementTexts;
import dev.sluice.server.session.UserChange;
import dev.sluice.server.session.WriteGate;
import dev.sluice.server.tls.LiveTls;
import dev.sluice.server.tls.TlsException;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Sluice: event loops, listener, monitor, pools, and the order in which they start and stop. Thread-safe: every
 * public method may be called from any thread.
 *
 * <p>Stopping goes from the outside in: no new clients and not ready; idle sessions; sessions in a transaction, up to the
 * deadline; then pools, monitor and loops.
 */
public final class ProxyServer implements ServerStarter.Running, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ProxyServer.class);
    private static final long POLL_MILLIS = 20;
    private static final int BACKLOG = 4096;

    private final RuntimeControl control;
    private final LiveTls tls;
    private final SluiceConfig config;
    private final MetricsRegistry metrics;
    private final TopologyMonitor monitor;
    private final AccountDirectory accounts;
    private final TriggerWatch triggers;
    private final StatementClassifier classifier;
    private final SessionRegistry sessions;
    private final Refusals refusals = new Refusals(System::nanoTime);
    private final ClientAdmission admission;
    private final OperatorAdmission operators;
    private final Evidence evidence;
    private final WriteGate gate = new WriteGate(System::nanoTime);
    private final Switchovers switchovers;
    private final StatementKills kills;
    private final EventLoopGroup acceptors;
    private final EventLoopGroup loops;
    private final Map<EventLoop, LoopContext> contexts = new ConcurrentHashMap<>();
    private final HeapGuard heapGuard;
    private final IoTransport transport;
    private final AtomicBoolean draining = new AtomicBoolean();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final CountDownLatch terminated = new CountDownLatch(1);
    private @Nullable ProxyAdministration administration;
    private @Nullable Channel listener;
    private @Nullable OperatorDoors doors;

    private ProxyServer(RuntimeControl control) throws TlsException {
        this.control = control;
        this.config = control.effective();
        this.tls = LiveTls.open(config.tls(), config.process().stateDir());
        this.transport = IoTransport.of(config.process().transport());
        this.evidence = Evidence.of(config.routing().consistency(), System.nanoTime());
        this.monitor = Backends.monitor(config, control.states(), tls.jdbc());
        this.kills = new StatementKills(new StatementKiller(monitor));
        this.switchovers = Backends.switchovers(config, gate, monitor, tls.jdbc());
        this.accounts = new AccountDirectory(monitor, Duration.ofSeconds(1));
        this.triggers = new TriggerWatch(monitor, Duration.ofSeconds(10));
        this.metrics = new MetricsRegistry(
                monitor::current,
                Arrays.stream(PinReason.values()).map(PinReason::label).toList());
        this.classifier = new StatementClassifier(
                ConfiguredSettings.classifier(config.routing().classifier()));
        this.sessions = new SessionRegistry(config.limits().maxConnections());
        this.admission = new ClientAdmission(config.access(), config.limits(), sessions, refusals, System::nanoTime);
        this.heapGuard = new HeapGuard(admission, contexts::values);
        this.operators = new OperatorAdmission(operatorRules(config), refusals, System::nanoTime);
        this.acceptors = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("sluice-accept", true), transport.handlers());
        this.loops = new MultiThreadIoEventLoopGroup(
                config.process().effectiveEventLoops(),
                new DefaultThreadFactory("sluice-loop", true),
                transport.handlers());
    }

    private static OperatorAdmission.Rules operatorRules(SluiceConfig config) {
        return new OperatorAdmission.Rules(
                config.admin().loginAttemptsPerSecond(),
                config.limits().perClient().sharedAddresses());
    }

    /**
     * Starts a server and returns when clients can connect.
     *
     * @throws BindException if the address is taken
     * @throws TlsException if a certificate cannot be used
     */
    public static ProxyServer start(SluiceConfig config) throws IOException, TlsException, InterruptedException {
        return start(config, null);
    }

    /** Starts a server that can read its file again. */
    public static ProxyServer start(SluiceConfig config, @Nullable Path file)
            throws IOException, TlsException, InterruptedException {
        ProxyServer server = new ProxyServer(RuntimeControl.open(config, file));
        boolean started = false;
        try {
            server.open();
            started = true;
            return server;
        } finally {
            if (!started) {
                server.stopNow();
            }
        }
    }

    private void open() throws IOException, TlsException, InterruptedException {
        Descriptors.openClassPath();
        SessionStarts starts = new SessionStarts(monitor::current, monitor::collations);
        CredentialCache credentials = new CredentialCache(
                config.auth().credentialProofAge(), config.auth().credentialsMax());
        List<LoopPool> pools = openLoops(credentials);
        heapGuard.start();
        accounts.addListener(user -> {
            credentials.accountChanged(user);
            contexts.forEach(
                    (loop, context) -> loop.execute(() -> context.pool().closeIdle(user)));
        });
        monitor.addPositionListener(evidence);
        monitor.addPositionListener(new PositionListener() {
            @Override
            public void primarySampled(int ordinal, PositionSample sample) {
                contexts.values().forEach(context -> context.primarySampled(sample.askedNanos()));
            }
        });
        monitor.addListener(
                (before, now) -> contexts.values().forEach(context -> context.topologyChanged(before, now)));
        tls.awaitFrontend();
        monitor.start();
        FirstAnswers.awaitPrimary(monitor, config.monitor().timeout());
        accounts.start();
        triggers.start();
        FirstAnswers.awaitAccounts(accounts, terminated);
        FirstAnswers.awaitTriggers(triggers, monitor, terminated);
        AuthServices services = new AuthServices(
                credentials,
                new DirectoryAccounts(accounts),
                new RsaKeys(tls.frontend().rsaKeyPair()),
                config.pool().proxyProtocol() != ProxyProtocol.OFF);
        listener = listen(settings(), new UserChange.Services(services, starts));
        metrics.addJvm();
        doors = OperatorDoors.open(
                config,
                administration,
                new OperatorDoors.Surroundings(
                        tls::frontend,
                        operators,
                        sessions::nextId,
                        metrics,
                        new ServingReadiness(() -> listener != null, draining::get, monitor::current),
                        () -> !loops.isShuttingDown()));
        LOGGER.atInfo()
                .addKeyValue("listen", address())
                .addKeyValue("transport", transport.name())
                .addKeyValue("loops", pools.size())
                .addKeyValue("version", BuildInfo.current().version())
                .log("Sluice serves");
    }

    private List<LoopPool> openLoops(CredentialCache credentials) {
        BackendCapacities capacities = Backends.capacities(config);
        ClientPlaces places = new ClientPlaces(
                capacities, () -> control.limits().maxConnections(), Descriptors::clientsMax, sessions::connectionsMax);
        places.recount();
        BackendConnector connector = new BackendConnector(
                new BackendConnector.Sockets(
                        transport.socket(),
                        ConfiguredSettings.waterMark(config.limits().backendBuffer()),
                        transport.keepAlive()),
                () -> Backends.security(tls.backend()),
                new BackendConnector.Opening(
                        Backends.compression(config), Backends.announcements(config, monitor::current)),
                config.pool().connectTimeout(),
                System::nanoTime);
        LoopContext.Shared shared = new LoopContext.Shared(
                classifier,
                monitor::current,
                control::sessionSettings,
                control.switches(),
                sessions,
                new StatementTexts(),
                credentials,
                new DiagnosticsUsers(),
                triggers,
                signals(),
                evidence,
                gate,
                kills,
                refusals,
                System::nanoTime);
        List<LoopPool> pools = new ArrayList<>();
        for (int i = 0; i < config.process().effectiveEventLoops(); i++) {
            EventLoop loop = loops.next();
            LoopMetrics counters = metrics.newLoop();
            LoopPool pool = new LoopPool(
                    loop,
                    connector,
                    capacities,
                    ConfiguredSettings.pool(config.pool()),
                    new PoolEnvironment(monitor::current, System::nanoTime, counters));
            pools.add(pool);
            contexts.put(loop, new LoopContext(loop, shared, pool, Backends.balancer(config), counters));
        }
        administration = control.start(
                new RuntimeParts(
                        monitor,
                        capacities,
                        new SessionControl(contexts::values, sessions),
                        control.switches(),
                        gate,
                        metrics,
                        classifier),
                contexts::values,
                tls,
                changed -> {
                    places.recount();
                    admission.rules(changed.access(), changed.limits());
                    operators.rules(operatorRules(changed));
                });
        administration.switchovers(switchovers);
        metrics.addInfo("sluice_transport", "The transport in use.", "transport", transport.name());
        metrics.addRefusals(refusals);
        metrics.addGauge("sluice_frontend_connections", "Client connections, logins included.", sessions::connections);
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator) {
            metrics.addGauge(
                    "sluice_buffer_memory_bytes",
                    "Memory outside of the heap for what is read and written.",
                    allocator.metric()::usedDirectMemory);
        }
        return pools;
    }

    private LoopContext.MonitorSignals signals() {
        return new LoopContext.MonitorSignals() {
            @Override
            public void trouble(int backendOrdinal, boolean connectionLost) {
                monitor.reportTrouble(backendOrdinal, connectionLost);
            }

            @Override
            public void wrote() {
                monitor.noteWrite();
            }

            @Override
            public void accountsChanged() {
                accounts.refreshNow();
            }

            @Override
            public void positionWanted(int backendOrdinal) {
                monitor.probeNow(backendOrdinal);
            }
        };
    }

    private FrontendSettings settings() {
        return new FrontendSettings(
                client -> admission.ticket(client.inetAddress(), client.address()),
                () -> ConfiguredSettings.security(tls.frontend()),
                config.compression().frontend() ? CompressionAlgorithm.availableCapabilities() : 0,
                () -> control.limits().connectPhaseTimeout(),
                () -> control.limits().idleTimeout(),
                () -> control.limits().netWriteTimeout(),
                refusals);
    }

    private Channel listen(FrontendSettings settings, UserChange.Services login) throws IOException {
        SessionReception.Settings receptions = new SessionReception.Settings(
                config.process().serverVersion(), config.routing().classifier().statementBytesMaxClassified());
        InetSocketAddress address =
                new InetSocketAddress(config.listen().host(), config.listen().port());
        var bound = new ServerBootstrap()
                .group(acceptors, loops)
                .channel(transport.serverSocket())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        ConfiguredSettings.waterMark(config.limits().frontendBuffer()))
                .handler(new AcceptFailures())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        LoopContext context = contexts.get(channel.eventLoop());
                        if (context == null) {
                            throw new IllegalStateException("a client on an event loop without a pool");
                        }
                        if (channel.remoteAddress() instanceof InetSocketAddress peer
                                && admission.isProxy(peer.getAddress())) {
                            ProxyHeaderHandler.expect(channel.pipeline(), settings);
                        }
                        channel.pipeline()
                                .addLast(
                                        "handshake",
                                        new FrontendHandshakeHandler(
                                                new SessionReception(context, login, receptions), settings));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            BindException failure = new BindException(
                    "cannot listen on " + config.listen() + ": " + bound.cause().getMessage());
            failure.initCause(bound.cause());
            throw failure;
        }
        return bound.channel();
    }

    /** Where clients connect. */
    public InetSocketAddress address() {
        Channel open = listener;
        if (open == null || !(open.localAddress() instanceof InetSocketAddress bound)) {
            throw new IllegalStateException("Sluice does not listen");
        }
        return bound;
    }

    /** Where metrics are served, or null when they are not. */
    public @Nullable InetSocketAddress managementAddress() {
        return doors == null ? null : doors.managementAddress();
    }

    /** Where the admin port listens, or null when there is none. */
    public @Nullable InetSocketAddress adminAddress() {
        return doors == null ? null : doors.adminAddress();
    }

    /** What is known about the backends. */
    public Topology topology() {
        return monitor.current();
    }

    /** Planned changes of the primary. */
    public Switchovers switchovers() {
        return switchovers;
    }

    /** What is counted and measured. */
    public MetricsRegistry metrics() {
        return metrics;
    }

    /** Every live session. */
    public SessionRegistry sessions() {
        return sessions;
    }

    /** The operations at run time. */
    public ProxyAdministration administration() {
        return Objects.requireNonNull(administration, "the server has not been opened");
    }

    @Override
    public void reload() {
        control.reloadBySignal("SIGHUP");
    }

    @Override
    public void awaitTermination() throws InterruptedException {
        terminated.await();
    }

    @Override
    public void drain() {
        if (!draining.compareAndSet(false, true)) {
            return;
        }
        Thread waiter = new Thread(this::drainAndStop, "sluice-drain");
        waiter.setDaemon(true);
        waiter.start();
    }

    private void drainAndStop() {
        LOGGER.atInfo()
                .addKeyValue("sessions", sessions.sessions())
                .addKeyValue("deadline", config.shutdown().drainTimeout())
                .log("draining");
        closeListener();
        sessions.drain();
        long deadline = System.nanoTime() + config.shutdown().drainTimeout().toNanos();
        try {
            while (sessions.sessions() > 0 && System.nanoTime() - deadline < 0 && !stopping.get()) {
                boolean unused = terminated.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (sessions.sessions() > 0) {
            LOGGER.atWarn().addKeyValue("sessions", sessions.sessions()).log("drain deadline passed: closing sessions");
        }
        stopNow();
    }

    private void closeListener() {
        Channel open = listener;
        if (open != null) {
            open.close().awaitUninterruptibly();
        }
    }

    @Override
    public void stopNow() {
        if (!stopping.compareAndSet(false, true)) {
            return;
        }
        draining.set(true);
        heapGuard.close();
        control.close();
        closeListener();
        sessions.closeAll();
        contexts.forEach((loop, context) -> loop.execute(() -> context.pool().drain()));
        if (doors != null) {
            doors.close();
        }
        kills.close();
        accounts.close();
        triggers.close();
        monitor.close();
        classifier.close();
        var unused = acceptors.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        var unusedToo =
                loops.shutdownGracefully(50, 2000, TimeUnit.MILLISECONDS).addListener(done -> terminated.countDown());
    }

    /** Stops at once and waits until nothing of it runs any more. */
    @Override
    public void close() {
        stopNow();
        boolean unused = loops.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
