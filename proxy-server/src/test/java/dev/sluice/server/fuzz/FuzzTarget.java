package dev.sluice.server.fuzz;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ChangeUser;
import dev.sluice.protocol.packet.EofPacket;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.protocol.packet.SslRequest;
import dev.sluice.protocol.packet.StmtPrepareOk;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.SessionTrackListener;
import dev.sluice.protocol.response.SessionTrackReader;
import dev.sluice.protocol.response.Step;
import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementLexer;
import dev.sluice.server.admin.AdminGrammar;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.port.FuzzedAdmin;
import dev.sluice.server.backend.FuzzedLogin;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Something that reads bytes of others, and what may come of it: anything but the exceptions of its own is a finding, and so
 * is what it says itself. Immutable.
 */
public enum FuzzTarget {
    /** Packets that are decoded: refused with a ProtocolException or read, never past their end. */
    PACKETS,
    /** Responses of servers, in pieces: refused or walked over, and each step gets somewhere. */
    RESPONSES,
    /** What a client says to log in: nobody gets in who does not know the password. */
    LOGIN,
    /** What a server says while Sluice logs in: one verdict, and no password in the clear. */
    BACKEND_LOGIN,
    /** Statements in all lexical modes: read without an exception, and the same wherever they lie in memory. */
    STATEMENTS,
    /** Commands and statements of the admin port: understood, or refused with a message. */
    ADMIN,
    /** Compressed frames of clients: inflated to no more than they say, or refused. */
    COMPRESSION;

    private static final ResponseShape[] SHAPES = ResponseShape.values();
    private static final LexicalCharset[] CHARSETS = LexicalCharset.values();

    /** Tries one input; throws if it is a finding. */
    public void run(byte[] input) {
        switch (this) {
            case PACKETS -> packets(input);
            case RESPONSES -> responses(input);
            case LOGIN -> FuzzedClient.login(input);
            case BACKEND_LOGIN -> backendLogin(input);
            case STATEMENTS -> statements(input);
            case ADMIN -> admin(input);
            case COMPRESSION -> FuzzedClient.compressed(input);
        }
    }

    private static int at(byte[] input, int index) {
        return index < input.length ? input[index] & 0xFF : 0;
    }

    /** What follows the bytes that choose; it ends where the memory ends. */
    static ByteBuf behind(byte[] input, int choosers) {
        int from = Math.min(input.length, choosers);
        return Unpooled.wrappedBuffer(java.util.Arrays.copyOfRange(input, from, input.length));
    }

    private static void packets(byte[] input) {
        int capabilities = at(input, 1) | at(input, 2) << 8 | at(input, 3) << 16 | at(input, 4) << 24;
        ByteBuf payload = behind(input, 5);
        try {
            switch (at(input, 0) % 10) {
                case 0 -> HandshakeV10.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 1 -> HandshakeResponse41.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 2 -> ChangeUser.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 3 -> AuthSwitchRequest.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 4 -> AuthMoreData.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 5 -> OkPacket.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 6 -> ErrPacket.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 7 -> EofPacket.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                case 8 -> StmtPrepareOk.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
                default -> SslRequest.decode(payload, capabilities).encode(Unpooled.buffer(), capabilities);
            }
        } catch (ProtocolException refused) {
            expectReason(refused);
        }
    }

    private static void expectReason(RuntimeException refused) {
        if (refused.getMessage() == null) {
            throw new AssertionError("refused without a reason", refused);
        }
    }

    private static void responses(byte[] input) {
        ResponseScanner scanner = new ResponseScanner();
        int flags = at(input, 1);
        scanner.begin(SHAPES[at(input, 0) % SHAPES.length], (flags & 1) != 0);
        if ((flags & 2) != 0) {
            scanner.offerFile();
        }
        if ((flags & 4) != 0) {
            scanner.metadataIsOptional();
        }
        if ((flags & 8) != 0) {
            scanner.renumber();
        }
        int piece = 1 + at(input, 2);
        ByteBuf all = behind(input, 3);
        ByteBuf in = Unpooled.buffer();
        try {
            while (all.isReadable() && !scanner.isComplete()) {
                in.writeBytes(all, Math.min(piece, all.readableBytes()));
                walk(scanner, in);
            }
        } catch (ProtocolException refused) {
            expectReason(refused);
        }
    }

    private static void walk(ResponseScanner scanner, ByteBuf in) {
        // An EOF may have to be inserted for each group of definitions without anything being consumed.
        int idle = 0;
        while (!scanner.isComplete()) {
            int before = in.readerIndex();
            Step step = scanner.next(in);
            if (step == Step.NEED_MORE) {
                return;
            }
            idle = in.readerIndex() == before ? idle + 1 : 0;
            if (idle > 2) {
                throw new AssertionError("goes round in circles at " + step);
            }
            if (scanner.hasSessionState() && (step == Step.OK || step == Step.ROWS_END)) {
                SessionTrackReader.read(in, scanner.sessionStateIndex(), scanner.sessionStateLength(), new Deaf());
            }
        }
    }

    private static void backendLogin(byte[] input) {
        if (FuzzedLogin.run(input).contains(FuzzedLogin.PASSWORD)) {
            throw new AssertionError("the password in the clear");
        }
    }

    private static void statements(byte[] input) {
        int flags = at(input, 0);
        LexicalMode mode = LexicalMode.of(
                (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, CHARSETS[(flags >> 3) % CHARSETS.length]);
        ByteBuf text = behind(input, 1);
        int length = text.readableBytes();
        StatementLexer lexer = new StatementLexer();
        lexer.lex(text, 0, length, mode);
        String first = lexer.kind() + " " + lexer.traits() + " " + lexer.fingerprintHigh() + lexer.fingerprintLow();
        ByteBuf elsewhere = Unpooled.directBuffer(length + 14);
        try {
            elsewhere
                    .writeZero(7)
                    .writeBytes(text, 0, length)
                    .writeBytes("'/*!\"`\\".getBytes(StandardCharsets.US_ASCII));
            lexer.lex(elsewhere, 7, length, mode);
        } finally {
            elsewhere.release();
        }
        String second = lexer.kind() + " " + lexer.traits() + " " + lexer.fingerprintHigh() + lexer.fingerprintLow();
        if (!first.equals(second)) {
            throw new AssertionError(first + " became " + second);
        }
    }

    private static void admin(byte[] input) {
        FuzzedAdmin.run(input);
        try {
            AdminGrammar.parse(new String(input, StandardCharsets.UTF_8));
        } catch (OperationException refused) {
            if (refused.getMessage() == null || refused.getMessage().length() > 2_000 + input.length) {
                throw new AssertionError("refused without a message that can be read", refused);
            }
        }
    }

    /** Whom nothing that a server reports impresses. */
    private static final class Deaf implements SessionTrackListener {
        @Override
        public void systemVariable(String name, String value) {}

        @Override
        public void schema(String name) {}

        @Override
        public void stateChange(boolean changed) {}

        @Override
        public void transactionState(String state) {}

        @Override
        public void transactionCharacteristics(String statements) {}

        @Override
        public void gtids(String gtids) {}
    }
}
