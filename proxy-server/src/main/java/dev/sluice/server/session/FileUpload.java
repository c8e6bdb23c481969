package dev.sluice.server.session;

import static dev.sluice.protocol.Packets.HEADER_LENGTH;
import static dev.sluice.protocol.Packets.MAX_PAYLOAD_LENGTH;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.frontend.Frontend;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's file on its way to the server that asked for it (LOAD DATA LOCAL): packets of any number and size up to an
 * empty one, passed on as they come and no faster than the server takes them. Reused from file to file. Confined to the
 * session's event loop.
 *
 * <pre>
 * NONE ──the server asks──► OPEN ──empty packet──► NONE
 *                            │ the server is gone, or has answered already
 *                            └──► DISCARDING ──empty packet──► NONE, and the error behind it
 * </pre>
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_local_infile_request.html">LOCAL
 *     INFILE Request</a>
 */
final class FileUpload {
    /** A client that sends nothing for so long is given up when nobody waits for its file any more. */
    private static final int SILENCE_SECONDS = 30;

    private final Frontend frontend;
    private final Session.Input input;
    private final Supplier<@Nullable BackendConnection> server;
    private final Runnable whenDiscarded;

    private boolean open;
    private @Nullable ErrPacket errorBehind;
    /** By how much the client's sequence ids are ahead of the server's. */
    private int idsAhead;
    /** Bytes of the current packet that are still to come. */
    private int left;
    /** The current packet has the greatest length: one that follows continues it, also an empty one. */
    private boolean continues;

    private int lastId;
    private long taken;

    /**
     * @param input where the file comes from
     * @param server where the command runs now
     * @param whenDiscarded called when the end of a file has come that was thrown away
     */
    FileUpload(
            Frontend frontend,
            Session.Input input,
            Supplier<@Nullable BackendConnection> server,
            Runnable whenDiscarded) {
        this.frontend = frontend;
        this.input = input;
        this.server = server;
        this.whenDiscarded = whenDiscarded;
    }

    /**
     * The server's request is on its way to the client: what the client sends from now on is its file.
     *
     * @param ahead by how much the client's sequence ids are ahead of the server's
     */
    void begin(int ahead) {
        open = true;
        errorBehind = null;
        idsAhead = ahead;
        left = 0;
        continues = false;
        BackendConnection target = server.get();
        if (target != null) {
            target.fileBegins();
        }
        input.resume();
    }

    /** Whether packets of a file are still to come. */
    boolean isOpen() {
        return open;
    }

    /** The sequence id that the server's answer to the file has. */
    int answerId() {
        return (lastId + 1 - idsAhead) & 0xFF;
    }

    /** Takes what has come of the file; false if nothing can be taken now. */
    boolean take(ByteBuf in) {
        BackendConnection target = server.get();
        boolean discarding = errorBehind != null;
        if (!discarding && (target == null || !target.channel().isWritable())) {
            return false;
        }
        int length = scan(in);
        if (length == 0) {
            return false;
        }
        taken += length;
        if (discarding || target == null) {
            in.skipBytes(length);
        } else {
            target.sendBytes(in.readRetainedSlice(length));
            if (!open) {
                target.fileEnds();
            }
        }
        ErrPacket error = errorBehind;
        if (!open && error != null) {
            frontend.send((lastId + 1) & 0xFF, error);
            whenDiscarded.run();
        }
        return true;
    }

    /** Walks over packets up to the end of the file, and gives them the sequence ids that the server expects. */
    private int scan(ByteBuf in) {
        int limit = in.writerIndex();
        int index = in.readerIndex();
        while (open) {
            int part = Math.min(left, limit - index);
            index += part;
            left -= part;
            if (left > 0 || limit - index < HEADER_LENGTH) {
                break;
            }
            int header = in.getIntLE(index);
            left = header & MAX_PAYLOAD_LENGTH;
            lastId = header >>> 24;
            if (idsAhead > 0) {
                in.setByte(index + 3, lastId - idsAhead);
            }
            open = left > 0 || continues;
            continues = left == MAX_PAYLOAD_LENGTH;
            index += HEADER_LENGTH;
        }
        return index - in.readerIndex();
    }

    /** Nobody takes the file any more: its rest is thrown away, and the client is told behind it. */
    void discardRest(ErrPacket error) {
        errorBehind = error;
        giveUpIfSilent(taken);
        input.resume();
    }

    private void giveUpIfSilent(long before) {
        var unused = frontend.channel()
                .eventLoop()
                .schedule(
                        () -> {
                            boolean discarding = open && errorBehind != null;
                            if (discarding && taken == before) {
                                frontend.close();
                            } else if (discarding) {
                                giveUpIfSilent(taken);
                            }
                        },
                        SILENCE_SECONDS,
                        TimeUnit.SECONDS);
    }
}
