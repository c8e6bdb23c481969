package dev.sluice.server.session;

import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.FakeBackend;
import dev.sluice.server.compression.BackendCompression;
import dev.sluice.server.compression.CompressionAlgorithm;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.Frontends;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client of some kind that waits for a server's response, with the real handlers between the two. One command after
 * another can be asked; each ends with a failure at the latest when the server is gone. Confined to one test.
 */
final class RelayedClient implements AutoCloseable {
    /** The conversations were recorded with the tracking of GTIDs. */
    private static final Classification SETS_ALL_SWITCHES = new Classification(
            Target.PRIMARY, RouteReason.SERVER_STATEMENT, StatementKind.SET, Traits.SETS_GTID_TRACKER, 0, 0);

    /** What the session would have been told, in order. */
    final List<String> log = new ArrayList<>();

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final FakeBackend backend = new FakeBackend();
    private final ClientForm form;
    private final FileUpload file;
    private final ClientResponse response;
    private byte[] fileRest = new byte[0];

    RelayedClient(ClientForm form) {
        this(form, null);
    }

    /** Behind a server that compresses what it sends, if there is an algorithm. */
    RelayedClient(ClientForm form, @Nullable CompressionAlgorithm compression) {
        this.form = form;
        if (compression != null) {
            backend.channel().pipeline().addFirst(new BackendCompression(compression));
        }
        Frontend frontend = Frontends.of(channel, form.capabilities());
        file = new FileUpload(frontend, () -> log.add("file"), backend::connection, () -> log.add("discarded"));
        ClientTrackers everything = new ClientTrackers();
        everything.runs(SETS_ALL_SWITCHES);
        response =
                new ClientResponse(frontend, ClientResponse.trackersInto(new Heard(log)), new Log(), file, everything);
    }

    /** What the session does with what it is told: it writes it down. */
    private final class Log implements ClientResponse.Observer {
        @Override
        public void observed(ResponseScanner scanner, ByteBuf in) {
            log.add("status " + scanner.status() + ", warnings " + scanner.warnings() + ", insert id "
                    + scanner.lastInsertId());
        }

        @Override
        public boolean intercepts(int errorCode) {
            return false;
        }

        @Override
        public @Nullable ErrPacket replacement(int errorCode) {
            return null;
        }

        @Override
        public int statusElsewhere() {
            return 0;
        }

        @Override
        public int sessionStatus() {
            return ServerStatus.SERVER_STATUS_AUTOCOMMIT;
        }

        @Override
        public void prepared(ResponseScanner scanner) {
            log.add("prepared " + scanner.parameterCount() + " " + scanner.columnCount());
        }

        @Override
        public void responseCompleted() {
            log.add("completed");
        }

        @Override
        public void responseFailed(BackendFailure failure) {
            log.add("failed: " + failure.message());
        }
    }

    /** The client has sent the command. */
    void ask(GoldenCapture capture) {
        log.clear();
        fileRest = new byte[0];
        response.begin(ResponseShape.valueOf(capture.text("shape")), 1, 77);
        response.offersFile(true);
        response.trackedForClient(form.tracksSession());
        backend.connection().expect(response);
    }

    /** The server sends a part of its response. */
    void receive(byte[] bytes, int from, int to) {
        if (backend.connection().isClosed()) {
            return;
        }
        backend.channel().writeInbound(Unpooled.copiedBuffer(bytes, from, to - from));
    }

    /** The client sends a part of its file; what cannot be taken yet is kept, as a session's input does. */
    void sendFile(byte[] bytes, int from, int to) {
        ByteBuf in = Unpooled.buffer().writeBytes(fileRest).writeBytes(bytes, from, to - from);
        while (in.isReadable() && file.take(in)) {
            // A part after another.
        }
        fileRest = ByteBufUtil.getBytes(in);
    }

    boolean isAskedForFile() {
        return file.isOpen();
    }

    /** What the server has got since the last call. */
    byte[] passedOn() {
        backend.connection().flush();
        return backend.sent();
    }

    /** What the client has got since the last call. */
    byte[] delivered() {
        channel.flush();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        return bytes;
    }

    boolean isWaiting() {
        return !backend.connection().isQuiet();
    }

    /** Ends both connections; whether nothing was left in them. */
    boolean finish() {
        boolean quiet = passedOn().length == 0
                && backend.channel().inboundMessages().isEmpty()
                && backend.connection().isQuiet();
        return !channel.finish() && quiet;
    }

    @Override
    public void close() {
        backend.close();
        channel.finishAndReleaseAll();
    }
}
