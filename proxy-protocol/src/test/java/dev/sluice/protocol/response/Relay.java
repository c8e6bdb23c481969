package dev.sluice.protocol.response;

import static dev.sluice.protocol.Packets.HEADER_LENGTH;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.ResponseBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * The caller of a scanner as a session would be: it feeds chunks, forwards what is consumed and translates for frontends
 * without CLIENT_DEPRECATE_EOF. Confined to one test.
 */
final class Relay {
    final ResponseScanner scanner = new ResponseScanner();
    /** What happened, without NEED_MORE and with neighbouring RELAYs as one. */
    final List<String> events = new ArrayList<>();
    /** Where in the output an EOF was inserted. */
    final List<Integer> insertedAt = new ArrayList<>();

    /** The session state of OK packets. */
    final Heard heard = new Heard();

    private final boolean deprecatesEof;
    private final boolean stripsSessionState;
    /** Ends where the bytes end, so that whoever reads past them fails. */
    private ByteBuf in = Unpooled.EMPTY_BUFFER;

    private final ByteBuf out = Unpooled.buffer();

    Relay(ResponseShape shape, boolean deprecatesEof, boolean stripsSessionState) {
        this.deprecatesEof = deprecatesEof;
        this.stripsSessionState = stripsSessionState;
        scanner.begin(shape, deprecatesEof);
        scanner.offerFile();
    }

    /** For a kind of client and a recorded response. */
    static Relay of(GoldenCapture capture, ClientForm form) {
        ResponseShape shape = ResponseShape.valueOf(capture.text("shape"));
        return new Relay(shape, form.deprecatesEof(), !form.tracksSession());
    }

    byte[] forwarded() {
        return ByteBufUtil.getBytes(out);
    }

    int unread() {
        return in.readableBytes();
    }

    Relay feed(byte[] bytes) {
        return feed(bytes, 0, bytes.length);
    }

    Relay feed(byte[] bytes, int from, int to) {
        byte[] all = new byte[in.readableBytes() + to - from];
        int rest = in.readableBytes();
        in.readBytes(all, 0, rest);
        System.arraycopy(bytes, from, all, rest, to - from);
        in = Unpooled.wrappedBuffer(all);
        Step last = Step.NEED_MORE;
        while (!scanner.isComplete()) {
            int start = in.readerIndex();
            Step step = scanner.next(in);
            if (step == Step.NEED_MORE) {
                break;
            }
            boolean moved = in.readerIndex() > start;
            if (!moved && (step != Step.COLUMNS_END || last == Step.COLUMNS_END)) {
                throw new AssertionError(step + " goes round in circles");
            }
            last = step;
            forward(step, start);
        }
        return this;
    }

    private void forward(Step step, int start) {
        if (step != Step.RELAY) {
            events.add(describe(step));
        } else if (events.isEmpty() || !events.get(events.size() - 1).equals("RELAY")) {
            events.add("RELAY");
        }
        int length = in.readerIndex() - start;
        switch (step) {
            case COLUMNS_END -> {
                insertedAt.add(out.writerIndex());
                ControlPackets.writeEof(out, scanner.eofSequenceId(), 0, ResponseBytes.COLUMNS_END_STATUS);
            }
            case ROWS_END -> {
                if (deprecatesEof) {
                    forwardOk(start, length);
                } else {
                    ControlPackets.writeEof(out, scanner.lastSequenceId(), scanner.warnings(), scanner.status());
                }
            }
            case OK -> forwardOk(start, length);
            case ERR -> {
                // Its fields are read as whoever intercepts or keeps the error does.
                ErrPacket.decode(
                        in.slice(scanner.packetStart() + HEADER_LENGTH, scanner.packetLength() - HEADER_LENGTH),
                        Capabilities.CLIENT_PROTOCOL_41);
                out.writeBytes(in, start, length);
            }
            default -> out.writeBytes(in, start, length);
        }
    }

    private void forwardOk(int start, int length) {
        if (scanner.hasSessionState()) {
            SessionTrackReader.read(in, scanner.sessionStateIndex(), scanner.sessionStateLength(), heard);
        }
        if (stripsSessionState && scanner.hasSessionState()) {
            ControlPackets.writeOkWithoutSessionState(out, in, scanner.packetStart(), scanner.packetLength());
        } else {
            out.writeBytes(in, start, length);
        }
    }

    private String describe(Step step) {
        return switch (step) {
            case OK ->
                "OK affected=" + scanner.affectedRows() + " status=" + scanner.status() + " state="
                        + (scanner.hasSessionState() ? scanner.sessionStateLength() : 0);
            case ROWS_END -> "ROWS_END rows=" + scanner.rows() + " status=" + scanner.status();
            case ERR -> "ERR " + scanner.errorCode();
            case PREPARE_OK ->
                "PREPARE_OK " + scanner.statementId() + " " + scanner.parameterCount() + " " + scanner.columnCount();
            case COLUMNS_END -> "COLUMNS_END " + scanner.eofSequenceId();
            default -> step.toString();
        };
    }
}
