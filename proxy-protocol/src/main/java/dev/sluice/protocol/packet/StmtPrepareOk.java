package dev.sluice.protocol.packet;

import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;

/**
 * The first packet of the answer to COM_STMT_PREPARE. Immutable.
 *
 * @param statementId the server's id of the statement, any 32 bits
 * @param columns number of column definitions in the answer
 * @param parameters number of parameter definitions in the answer
 * @param warnings number of warnings
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html">COM_STMT_PREPARE_OK</a>
 */
public record StmtPrepareOk(int statementId, int columns, int parameters, int warnings) implements Packet {
    /** First byte of the payload. */
    public static final int HEADER = 0x00;

    /** Reads the payload. */
    public static StmtPrepareOk decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(HEADER, "COM_STMT_PREPARE_OK header");
        int statementId = (int) in.int4("statement_id");
        int columns = in.int2("num_columns");
        int parameters = in.int2("num_params");
        in.expect(0, "reserved_1");
        int warnings = in.int2("warning_count");
        in.expectEnd("COM_STMT_PREPARE_OK");
        return new StmtPrepareOk(statementId, columns, parameters, warnings);
    }

    @Override
    public void encode(ByteBuf out, int capabilities) {
        new PayloadWriter(out)
                .int1(HEADER)
                .int4(statementId)
                .int2(columns)
                .int2(parameters)
                .int1(0)
                .int2(warnings);
    }
}
