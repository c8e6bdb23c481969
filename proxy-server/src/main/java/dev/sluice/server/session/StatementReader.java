package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import io.netty.buffer.ByteBuf;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a statement needs: from the lexer and the cache at once, or, for a read that was never seen before, from
 * the parser on another thread. Confined to the session's event loop.
 */
final class StatementReader {
    private static final int TEXT_INDEX = Packets.HEADER_LENGTH + 1;

    /** Java's names for the character sets that differ from ASCII where a statement's structure is. */
    private static final Map<String, String> JAVA_NAMES = Map.of(
            "gbk",
            "GBK",
            "gb2312",
            "GB2312",
            "gb18030",
            "GB18030",
            "big5",
            "Big5",
            "sjis",
            "Shift_JIS",
            "cp932",
            "windows-31j",
            "ujis",
            "EUC-JP",
            "eucjpms",
            "EUC-JP",
            "euckr",
            "EUC-KR");

    /** A statement of which only the head was seen: it may do anything, and leave anything behind. */
    private static final Classification LARGE = new Classification(
            Target.PRIMARY, RouteReason.TOO_LARGE, StatementKind.OTHER, Traits.OPAQUE | Traits.WRITES, 0, 0);

    private final LoopContext context;
    private final SessionState state;
    private @Nullable ByteBuf waiting;

    StatementReader(LoopContext context, SessionState state) {
        this.context = context;
        this.state = state;
    }

    /** Whether a statement is with the parser. */
    boolean isReading() {
        return waiting != null;
    }

    /** Calls {@code then} with what the statement needs, now or later. Keeps the reference to the packet for it. */
    void read(ByteBuf packet, Consumer<Classification> then) {
        int index = packet.readerIndex() + TEXT_INDEX;
        int length = packet.writerIndex() - index;
        LexicalMode mode = state.lexicalMode();
        Classification known = context.classifier().lookup(context.lexer(), packet, index, length, mode);
        if (known != null) {
            then.accept(known);
            return;
        }
        byte[] text = new byte[length];
        packet.getBytes(index, text);
        waiting = packet;
        Classification candidate = context.classifier().candidate(context.lexer());
        context.classifier()
                .confirm(
                        text,
                        charset(state.vector()),
                        mode,
                        candidate,
                        decided -> context.loop().execute(() -> resume(packet, decided, then)));
    }

    @SuppressWarnings("ReferenceEquality") // the same packet, not one with equal bytes
    private void resume(ByteBuf packet, Classification decided, Consumer<Classification> then) {
        if (waiting == packet) {
            waiting = null;
            then.accept(decided);
        }
    }

    /**
     * Asks once more about a prepared statement that the parser had no time for, or it would go to the primary for as long
     * as it lives. Nobody waits for the answer.
     */
    void readAgain(PreparedStatement statement) {
        if (statement.ask()) {
            context.classifier()
                    .confirm(
                            statement.sql().sql(),
                            charset(statement.text().preparedIn()),
                            statement.mode(),
                            statement.classification(),
                            decided -> context.loop().execute(() -> statement.learn(decided)));
        }
    }

    /** The client has gone: nobody waits for the parser any more. */
    void abandon() {
        ByteBuf packet = waiting;
        waiting = null;
        if (packet != null) {
            packet.release();
        }
    }

    /** What a statement needs that is too large to be read whole. */
    Classification large() {
        return LARGE;
    }

    private static Charset charset(StateVector vector) {
        String client = vector.get(StateVector.CHARACTER_SET_CLIENT);
        String name = client == null ? null : JAVA_NAMES.get(client);
        if (name != null && Charset.isSupported(name)) {
            return Charset.forName(name);
        }
        return client != null && client.startsWith("utf8") ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    }
}
