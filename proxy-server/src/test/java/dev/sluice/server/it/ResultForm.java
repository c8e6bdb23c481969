package dev.sluice.server.it;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads answers of every shape in the form that a client's capabilities ask for. Immutable. */
record ResultForm(int capabilities) {
    private static final int MORE_RESULTS = 0x0008;
    private static final int CURSOR_EXISTS = 0x0040;

    /** All packets of the answer to a command. */
    List<byte[]> ask(RawClient client, CommandType type, byte[] body) throws IOException {
        client.send(type, body);
        List<byte[]> packets = new ArrayList<>();
        switch (type) {
            case COM_STMT_PREPARE -> prepared(client, packets);
            case COM_STMT_FETCH -> {
                int unused = rows(client, packets);
            }
            default -> {
                int status;
                do {
                    status = result(client, packets);
                } while ((status & MORE_RESULTS) != 0);
            }
        }
        return packets;
    }

    private boolean has(int capability) {
        return (capabilities & capability) != 0;
    }

    private static byte[] add(RawClient client, List<byte[]> packets) throws IOException {
        byte[] packet = client.read();
        packets.add(packet);
        return packet;
    }

    private static int two(byte[] packet, int index) {
        return (packet[index] & 0xFF) | (packet[index + 1] & 0xFF) << 8;
    }

    private boolean metadataFollows(byte[] head) {
        return !has(Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA) || head[head.length - 1] == 1;
    }

    private int result(RawClient client, List<byte[]> packets) throws IOException {
        byte[] head = add(client, packets);
        int first = RawClient.first(head);
        if (first == RawClient.ERR) {
            return 0;
        }
        if (first == RawClient.OK) {
            return client.ok(head).status();
        }
        int columns = first == 0xFC ? two(head, 1) : first;
        for (int i = 0; i < columns && metadataFollows(head); i++) {
            byte[] unused = add(client, packets);
        }
        if (!has(Capabilities.CLIENT_DEPRECATE_EOF)) {
            byte[] eof = add(client, packets);
            int status = two(eof, 3);
            if ((status & CURSOR_EXISTS) != 0) {
                return status;
            }
            forget(eof);
        }
        return rows(client, packets);
    }

    private int rows(RawClient client, List<byte[]> packets) throws IOException {
        while (true) {
            byte[] row = add(client, packets);
            if (RawClient.first(row) == RawClient.ERR) {
                return 0;
            }
            if (RawClient.first(row) == RawClient.EOF && row.length < 9) {
                return has(Capabilities.CLIENT_DEPRECATE_EOF) ? client.ok(row).status() : two(row, 3);
            }
        }
    }

    private void prepared(RawClient client, List<byte[]> packets) throws IOException {
        byte[] head = add(client, packets);
        if (RawClient.first(head) == RawClient.ERR) {
            return;
        }
        for (int count : new int[] {two(head, 7), two(head, 5)}) {
            for (int i = 0; i < count && metadataFollows(head); i++) {
                byte[] unused = add(client, packets);
            }
            if (count > 0 && !has(Capabilities.CLIENT_DEPRECATE_EOF)) {
                forget(add(client, packets));
            }
        }
    }

    /** What the EOF behind definitions says is known to differ; the one behind the rows counts. */
    private static void forget(byte[] eof) {
        Arrays.fill(eof, 1, eof.length, (byte) 0);
    }
}
