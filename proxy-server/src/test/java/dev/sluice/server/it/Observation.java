package dev.sluice.server.it;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.OkPacket;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * All packets that a client got for one command. Immutable by convention: nobody writes into the packets.
 *
 * @param packets the payloads
 * @param end how the connection ended, or empty
 */
record Observation(List<byte[]> packets, String end) {
    private static final int EOF_LENGTH = 5;

    static final Observation NOTHING = new Observation(List.of(), "");

    /** Whether both are the same, packet by packet; never, if the end of one of them did not come in time. */
    boolean isSame(Observation other) {
        if (packets.size() != other.packets.size()
                || end.isEmpty() != other.end.isEmpty()
                || isTimedOut()
                || other.isTimedOut()) {
            return false;
        }
        for (int i = 0; i < packets.size(); i++) {
            if (!Arrays.equals(packets.get(i), other.packets.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether it ends with rows, or with none that were asked for. */
    boolean hasRows() {
        return packets.size() > 1 && !isError();
    }

    boolean isEnded() {
        return !end.isEmpty();
    }

    /** Whether the answer did not come, or not to its end. */
    boolean isTimedOut() {
        return end.contains("timed out");
    }

    boolean isError() {
        return !packets.isEmpty() && RawClient.first(packets.get(packets.size() - 1)) == RawClient.ERR;
    }

    /** The number of the error at the end; 0 without one. */
    int errorCode() {
        byte[] last = packets.isEmpty() ? new byte[0] : packets.get(packets.size() - 1);
        return isError() ? (last[1] & 0xFF) | (last[2] & 0xFF) << 8 : 0;
    }

    /** The status flags that the server said last; -1 if it said none at the end. */
    int status() {
        byte[] last = packets.isEmpty() ? new byte[0] : packets.get(packets.size() - 1);
        int kind = RawClient.first(last);
        if (kind == RawClient.EOF && last.length == EOF_LENGTH) {
            return (last[3] & 0xFF) | (last[4] & 0xFF) << 8;
        }
        boolean ok = kind == RawClient.EOF || kind == RawClient.OK;
        return ok
                ? OkPacket.decode(Unpooled.wrappedBuffer(last), Capabilities.CLIENT_PROTOCOL_41)
                        .status()
                : -1;
    }

    /** Whether there is an error or a warning at the end. */
    boolean leftConditions() {
        byte[] last = packets.isEmpty() ? new byte[0] : packets.get(packets.size() - 1);
        int kind = RawClient.first(last);
        if (kind == RawClient.EOF && last.length == EOF_LENGTH) {
            return last[1] != 0 || last[2] != 0;
        }
        boolean ok = kind == RawClient.EOF || (kind == RawClient.OK && packets.size() == 1 && last.length >= 7);
        return isError()
                || (ok
                        && OkPacket.decode(Unpooled.wrappedBuffer(last), Capabilities.CLIENT_PROTOCOL_41)
                                        .warnings()
                                > 0);
    }

    /** One line for each packet. */
    String describe() {
        StringBuilder text = new StringBuilder();
        for (byte[] packet : packets) {
            text.append("    ").append(describe(packet)).append('\n');
        }
        return isEnded() ? text + "    " + end + "\n" : text.toString();
    }

    private String describe(byte[] packet) {
        int kind = RawClient.first(packet);
        if (kind == RawClient.ERR) {
            ErrPacket error = ErrPacket.decode(Unpooled.wrappedBuffer(packet), Capabilities.CLIENT_PROTOCOL_41);
            return "ERR " + error.code() + " (" + error.sqlState() + "): " + error.message();
        }
        if (kind == RawClient.EOF && packet.length == EOF_LENGTH) {
            int status = (packet[3] & 0xFF) | (packet[4] & 0xFF) << 8;
            return "EOF warnings=" + packet[1] + " " + ServerStatus.describe(status);
        }
        if (kind == RawClient.EOF || (kind == RawClient.OK && packets.size() == 1 && packet.length >= 7)) {
            OkPacket ok = OkPacket.decode(Unpooled.wrappedBuffer(packet), Capabilities.CLIENT_PROTOCOL_41);
            return ok + " " + ServerStatus.describe(ok.status());
        }
        return printable(packet);
    }

    private static String printable(byte[] packet) {
        StringBuilder text = new StringBuilder();
        for (char c : new String(packet, StandardCharsets.ISO_8859_1).toCharArray()) {
            text.append(c >= ' ' && c < 0x7F ? String.valueOf(c) : "\\x%02x".formatted((int) c));
        }
        return text.toString();
    }
}
