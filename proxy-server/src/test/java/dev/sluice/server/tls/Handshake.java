package dev.sluice.server.tls;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** A TLS handshake in memory between two engines. Confined to the test's thread. */
final class Handshake {
    private static final int TURNS_MAX = 200;

    private Handshake() {}

    /** Runs the handshake and gives the client's engine, or throws what the side that refuses throws. */
    static SSLEngine run(SslContext server, SslContext client) throws SSLException {
        SSLEngine serverEngine = server.newEngine(UnpooledByteBufAllocator.DEFAULT);
        // A host that no certificate names: it must not matter.
        SSLEngine clientEngine = client.newEngine(UnpooledByteBufAllocator.DEFAULT, "db.example", 3306);
        clientEngine.beginHandshake();
        serverEngine.beginHandshake();
        ByteBuffer toServer = ByteBuffer.allocate(1 << 16);
        ByteBuffer toClient = ByteBuffer.allocate(1 << 16);
        for (int turn = 0; turn < TURNS_MAX; turn++) {
            step(clientEngine, toClient, toServer);
            step(serverEngine, toServer, toClient);
            if (done(clientEngine) && done(serverEngine) && toServer.position() == 0 && toClient.position() == 0) {
                return clientEngine;
            }
        }
        throw new SSLException("the handshake did not end");
    }

    private static boolean done(SSLEngine engine) {
        return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            engine.wrap(ByteBuffer.allocate(0), out);
        } else if (in.position() > 0) {
            in.flip();
            engine.unwrap(in, ByteBuffer.allocate(1 << 16));
            in.compact();
        }
    }
}
