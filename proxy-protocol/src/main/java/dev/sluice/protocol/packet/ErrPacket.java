package dev.sluice.protocol.packet;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * An error. Immutable.
 *
 * @param code MySQL's error number
 * @param sqlState five characters; travels only with CLIENT_PROTOCOL_41
 * @param message text for humans
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html">ERR_Packet</a>
 */
public record ErrPacket(int code, String sqlState, String message) implements Packet {
    /** First byte of the payload. */
    public static final int HEADER = 0xFF;

    private static final int SQL_STATE_LENGTH = 5;
    private static final String GENERAL_ERROR = "HY000";

    public ErrPacket {
        if (sqlState.length() != SQL_STATE_LENGTH) {
            throw new IllegalArgumentException("sqlState: " + sqlState + " (expected: 5 characters)");
        }
    }

    /** Reads the payload; the SQLSTATE is missing before the capabilities are agreed on, then it is HY000. */
    public static ErrPacket decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(HEADER, "ERR header");
        int code = in.int2("error_code");
        String sqlState = GENERAL_ERROR;
        if (in.remaining() > 0 && in.peek("sql_state_marker") == '#') {
            in.skip(1, "sql_state_marker");
            int offset = payload.readerIndex();
            byte[] state = in.bytes(SQL_STATE_LENGTH, "sql_state");
            sqlState = new String(state, StandardCharsets.US_ASCII);
            if (sqlState.indexOf('\uFFFD') >= 0) {
                throw new ProtocolException("sql_state", "ASCII", "other bytes", offset);
            }
        }
        return new ErrPacket(code, sqlState, in.eofString());
    }

    /**
     * Writes the payload.
     *
     * @param capabilities 0 before the client's flags are known
     */
    @Override
    public void encode(ByteBuf out, int capabilities) {
        PayloadWriter writer = new PayloadWriter(out).int1(HEADER).int2(code);
        if (Capabilities.has(capabilities, Capabilities.CLIENT_PROTOCOL_41)) {
            writer.int1('#').eofString(sqlState);
        }
        writer.eofString(message);
    }
}
