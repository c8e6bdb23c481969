package dev.sluice.protocol.response;

import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;

/**
 * The sequence ids of one response on both sides: checked against what the backend has to send, and raised in place by
 * the number of packets that were inserted for the frontend. Confined to the session's event loop.
 */
final class SequenceIds {
    private static final int MASK = 0xFF;
    private static final int OFFSET_IN_HEADER = 3;

    /** The id the backend's next packet must carry. */
    private int expected;

    private int insertedEofs;
    /** The next packet's id is taken as it comes. */
    private boolean anyFirst;
    /** The backend's ids say nothing: they are replaced. */
    private boolean renumbering;

    void begin(int first) {
        renumbering = false;
        anyFirst = first == ResponseScanner.ANY_SEQUENCE_ID;
        expected = first & MASK;
        insertedEofs = 0;
    }

    /** The packets are counted here, whatever ids the backend gives them. */
    void renumber() {
        renumbering = true;
    }

    boolean isRenumbering() {
        return renumbering;
    }

    /** Checks the id of the packet whose header is at the index, and writes the frontend's over it. */
    void take(ByteBuf in, int headerIndex, int sequenceId) {
        if (renumbering && (anyFirst || sequenceId != expected)) {
            // An answer to a command whose packets nobody has counted yet is an early error.
            int counted = anyFirst ? 1 : expected;
            in.setByte(headerIndex + OFFSET_IN_HEADER, counted);
            anyFirst = false;
            expected = counted;
            take(in, headerIndex, counted);
            return;
        }
        if (anyFirst) {
            anyFirst = false;
        } else if (sequenceId != expected) {
            throw new ProtocolException(
                    "packets out of order: sequence id",
                    Integer.toString(expected),
                    Integer.toString(sequenceId),
                    headerIndex + OFFSET_IN_HEADER);
        }
        expected = (sequenceId + 1) & MASK;
        if (insertedEofs > 0) {
            in.setByte(headerIndex + OFFSET_IN_HEADER, sequenceId + insertedEofs);
        }
    }

    /**
     * Takes an ERR where the response should start. A server that ends an idle connection sends its ERR unasked, with id 0;
     * it may cross the command on the wire, and the frontend must not take it for a packet out of order.
     */
    void takeFirstErr(ByteBuf in, int headerIndex, int sequenceId) {
        if (sequenceId == 0 && expected != 0 && !anyFirst) {
            in.setByte(headerIndex + OFFSET_IN_HEADER, expected);
            expected = (expected + 1) & MASK;
        } else {
            take(in, headerIndex, sequenceId);
        }
    }

    /** Expects this id, which the frontend's packets in between have led to. */
    void follow(int sequenceId) {
        expected = sequenceId;
    }

    void insertEof() {
        insertedEofs++;
    }

    int insertedEofs() {
        return insertedEofs;
    }

    /** The frontend's id of the last packet taken or inserted. */
    int last() {
        return (expected - 1 + insertedEofs) & MASK;
    }
}
