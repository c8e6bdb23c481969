package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.protocol.testing.ResponseBytes;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.FakeBackend;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.Frontends;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientResponseTest {
    /** The tracker entry of a schema that is called "s". */
    private static final byte[] SCHEMA_S = {1, 2, 1, 's'};

    private final EmbeddedChannel client = new EmbeddedChannel();
    private final FakeBackend backend = new FakeBackend();
    private final List<String> log = new ArrayList<>();
    private boolean intercepting;

    @Nullable
    private ErrPacket replacement;

    /** What the client has sent that nobody has taken yet. */
    @Nullable
    private ByteBuf waiting;

    private FileUpload file = fileOf(Frontends.of(client, 0));

    private ClientResponse response = forClient(Capabilities.CLIENT_DEPRECATE_EOF);

    @AfterEach
    void close() {
        backend.close();
        delivered();
        client.finishAndReleaseAll();
    }

    private ClientResponse forClient(int capabilities) {
        Frontend frontend = Frontends.of(client, capabilities | Capabilities.CLIENT_PROTOCOL_41);
        file = fileOf(frontend);
        return new ClientResponse(
                frontend,
                (scanner, in) -> {
                    if (scanner.hasSessionState()) {
                        log.add("state of " + scanner.sessionStateLength());
                    }
                },
                new ClientResponse.Observer() {
                    @Override
                    public void observed(ResponseScanner scanner, ByteBuf in) {
                        log.add("status " + scanner.status());
                    }

                    @Override
                    public boolean intercepts(int errorCode) {
                        log.add("asked about " + errorCode);
                        return intercepting;
                    }

                    @Override
                    public @Nullable ErrPacket replacement(int errorCode) {
                        return replacement;
                    }

                    @Override
                    public int statusElsewhere() {
                        return 0;
                    }

                    @Override
                    public int sessionStatus() {
                        return ServerStatus.SERVER_STATUS_AUTOCOMMIT;
                    }

                    @Override
                    public void prepared(ResponseScanner scanner) {
                        log.add("prepared " + scanner.statementId());
                    }

                    @Override
                    public void responseCompleted() {
                        log.add("completed");
                    }

                    @Override
                    public void responseFailed(BackendFailure failure) {
                        log.add("failed");
                    }
                },
                file,
                new ClientTrackers());
    }

    private FileUpload fileOf(Frontend frontend) {
        return new FileUpload(frontend, this::resumed, backend::connection, () -> log.add("discarded"));
    }

    private void resumed() {
        log.add("resumed");
        ByteBuf in = waiting;
        if (in != null) {
            waiting = null;
            assertThat(file.take(in)).isTrue();
            assertThat(in.isReadable()).isFalse();
        }
    }

    private void begin(ResponseShape shape) {
        response.begin(shape, 1, 77);
        backend.connection().expect(response);
    }

    private String delivered() {
        client.flush();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = client.readOutbound(); part != null; part = client.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        return Hex.of(all);
    }

    private static ResponseBytes bytes() {
        return new ResponseBytes(true);
    }

    @Test
    void aResultSetIsRelayedAsItIs() {
        begin(ResponseShape.QUERY);
        byte[] rows = bytes().resultSet(3, 5, 0x22).bytes();
        backend.receive(rows);
        assertThat(delivered()).isEqualTo(Hex.of(rows));
        assertThat(log).containsExactly("status 34", "completed");
        assertThat(response.isDelivered()).isTrue();
        assertThat(response.lastStatus()).isEqualTo(0x22);
    }

    @Test
    void whatFillsABufferIsPassedOnInIt() {
        begin(ResponseShape.QUERY);
        byte[] rows = bytes().resultSet(3, 5, 2).bytes();
        ByteBuf buffer = Unpooled.copiedBuffer(rows);

        backend.receive(buffer);

        client.flush();
        ByteBuf passedOn = client.readOutbound();
        assertThat(passedOn).isSameAs(buffer);
        assertThat(passedOn.refCnt()).isOne();
        assertThat(Hex.of(passedOn)).isEqualTo(Hex.of(rows));
        passedOn.release();
    }

    @Test
    void anAnswerThatIsTooLongToBeKeptEndsTheConnectionAndNoBufferTwice() {
        begin(ResponseShape.QUERY);
        response.recalled(RecalledRows.ofConditions(List.of(), false));
        ResponseBytes all = bytes().columns(1);
        List<ByteBuf> parts = new ArrayList<>();
        for (int from = 0; from < 2 << 20 && log.isEmpty(); ) {
            // Whole rows, so that nothing of a part is left behind.
            byte[] rows = all.rows(10_000, 1).bytes();
            ByteBuf part = Unpooled.copiedBuffer(rows, from, rows.length - from);
            from = rows.length;
            parts.add(part);
            backend.receive(part.retain());
        }

        assertThat(log).containsExactly("failed");
        assertThat(parts).allSatisfy(part -> assertThat(part.refCnt()).isOne());
        parts.forEach(ByteBuf::release);
        assertThat(delivered()).isEmpty();
    }

    @Test
    void sessionStateStaysHere() {
        begin(ResponseShape.QUERY);
        backend.receive(bytes().okWithState(2, "", SCHEMA_S).bytes());
        assertThat(delivered()).isEqualTo(Hex.of(bytes().ok(0, 2).bytes()));
        assertThat(log).containsExactly("state of 4", "status 16386", "completed");
    }

    @Test
    void sessionStateStaysHereWhereverTheBytesAreCut() {
        byte[] all =
                bytes().resultSet(1, 1, 0x000A).okWithState(2, "info", SCHEMA_S).bytes();
        begin(ResponseShape.QUERY);
        backend.receive(all);
        String whole = delivered();
        assertThat(whole).doesNotContain("01020173");
        for (int cut = 1; cut < all.length; cut++) {
            begin(ResponseShape.QUERY);
            backend.receive(Arrays.copyOf(all, cut));
            backend.receive(Arrays.copyOfRange(all, cut, all.length));
            assertThat(delivered()).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    @Test
    void anOlderClientGetsEofPacketsAndAsManySequenceIdsMore() {
        response = forClient(0);
        begin(ResponseShape.QUERY);
        backend.receive(bytes().resultSet(2, 3, 2).bytes());
        // The status of the EOF behind the columns is not defined.
        assertThat(delivered().replace("fe00000000", "fe00000200"))
                .isEqualTo(Hex.of(new ResponseBytes(false).resultSet(2, 3, 2).bytes()));
    }

    @Test
    void anOlderClientIsNotToldOfTheCursorOfAnEarlierResponse() {
        response = forClient(0);
        begin(ResponseShape.QUERY);
        backend.receive(bytes().columns(1).rowsEnd(0, 0x42).bytes());
        assertThat(delivered()).endsWith("fe00004200");
        begin(ResponseShape.QUERY);
        backend.receive(bytes().columns(1).rowsEnd(0, 2).bytes());
        assertThat(delivered()).doesNotContain("fe00004200");
    }

    @Test
    void anOlderClientGetsEofPacketsBehindParametersAndColumns() {
        response = forClient(0);
        begin(ResponseShape.PREPARE);
        response.begin(ResponseShape.PREPARE, 1, 5);
        backend.receive(bytes().prepared(5, 2, 1).bytes());
        String expected = Hex.of(new ResponseBytes(false).prepared(5, 2, 1).bytes());
        // The status of these EOF packets is not defined.
        assertThat(delivered().replace("fe00000000", "fe00000200")).isEqualTo(expected);
    }

    @Test
    void aPreparedStatementGetsTheIdThatTheClientKnows() {
        begin(ResponseShape.PREPARE);
        backend.receive(bytes().prepared(5, 1, 1).bytes());
        assertThat(delivered()).isEqualTo(Hex.of(bytes().prepared(77, 1, 1).bytes()));
        assertThat(log).containsExactly("prepared 5", "completed");
    }

    @Test
    void anErrorIsRelayedAndRemembered() {
        begin(ResponseShape.QUERY);
        byte[] error = bytes().err(1064, "no").bytes();
        backend.receive(error);
        assertThat(delivered()).isEqualTo(Hex.of(error));
        assertThat(response.isError()).isTrue();
        assertThat(response.errorCode()).isEqualTo(1064);
        assertThat(log).containsExactly("asked about 1064", "completed");
    }

    @Test
    void anInterceptedErrorIsNotSeenByTheClient() {
        intercepting = true;
        begin(ResponseShape.QUERY);
        backend.receive(bytes().err(1290, "read-only").bytes());
        assertThat(delivered()).isEmpty();
        assertThat(response.isDelivered()).isFalse();
        assertThat(log).containsExactly("asked about 1290", "completed");
    }

    @Test
    void aReplacedErrorHasTheSequenceIdOfTheServers() {
        replacement = new ErrPacket(1792, "HY000", "another");
        begin(ResponseShape.QUERY);
        backend.receive(bytes().columns(1).rows(1, 1).err(1290, "read-only").bytes());
        assertThat(delivered())
                .isEqualTo(Hex.of(
                        bytes().columns(1).rows(1, 1).err(1792, "another").bytes()));
        assertThat(response.errorCode()).isEqualTo(1290);
    }

    @Test
    void anErrorBehindTheFirstByteIsNeverIntercepted() {
        intercepting = true;
        begin(ResponseShape.QUERY);
        byte[] late = bytes().columns(1).rows(1, 1).err(1290, "read-only").bytes();
        backend.receive(Arrays.copyOf(late, 20));
        backend.receive(Arrays.copyOfRange(late, 20, late.length));
        assertThat(delivered()).isEqualTo(Hex.of(late));
        assertThat(log).containsExactly("completed");
    }

    @Test
    void anErrorThatComesInOneGoWithTheColumnsIsInterceptedWithThem() {
        intercepting = true;
        begin(ResponseShape.QUERY);
        backend.receive(bytes().columns(2).err(1053, "shutdown").bytes());
        assertThat(delivered()).isEmpty();
        assertThat(response.isDelivered()).isFalse();
        assertThat(log).containsExactly("asked about 1053", "completed");
    }

    @Test
    void aDiscardedResponseIsReadToItsEndAndNotDelivered() {
        begin(ResponseShape.QUERY);
        response.discard();
        backend.receive(bytes().resultSet(2, 3, 10).okWithState(2, "", SCHEMA_S).bytes());
        assertThat(delivered()).isEmpty();
        assertThat(response.isDelivered()).isFalse();
        assertThat(log).last().isEqualTo("completed");
    }

    @Test
    void anEndWithinTheResponseIsToldToTheObserver() {
        begin(ResponseShape.QUERY);
        byte[] rows = bytes().resultSet(1, 2, 2).bytes();
        backend.receive(Arrays.copyOf(rows, 40));
        backend.connection().close();
        assertThat(log).containsExactly("failed");
        assertThat(response.isDelivered()).isTrue();
    }

    /** 0xFB and the name {@code f}. */
    private static final byte[] FILE_REQUEST = {2, 0, 0, 1, (byte) 0xFB, 'f'};

    private void beginLoad(boolean loads) {
        response.begin(ResponseShape.QUERY, 1, 0);
        response.offersFile(loads);
        backend.connection().expect(response);
    }

    private void clientSends(String hex) {
        ByteBuf in = Unpooled.copiedBuffer(Hex.bytes(hex));
        assertThat(file.take(in)).isTrue();
        assertThat(in.isReadable()).isFalse();
    }

    @Test
    void aFileIsAskedForAndTheAnswerFollowsIt() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(true);
        backend.receive(FILE_REQUEST);
        assertThat(delivered()).isEqualTo(Hex.of(FILE_REQUEST));
        assertThat(file.isOpen()).isTrue();
        clientSends("01 00 00 02 61 00 00 00 03");
        byte[] ok = bytes().sequenceId(4).ok(1, 2).bytes();
        backend.receive(ok);
        assertThat(delivered()).isEqualTo(Hex.of(ok));
        assertThat(log).containsExactly("resumed", "status 2", "completed");
    }

    @Test
    void aFileIsNotAskedOfAClientThatHasNone() {
        beginLoad(true);
        backend.receive(FILE_REQUEST);
        assertThat(delivered()).isEmpty();
        assertThat(log).containsExactly("failed");
    }

    @Test
    void aFileIsNotAskedForByAStatementThatLoadsNone() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(false);
        backend.receive(FILE_REQUEST);
        assertThat(delivered()).isEmpty();
        assertThat(file.isOpen()).isFalse();
        assertThat(log).containsExactly("failed");
    }

    @Test
    void anErrorInTheMiddleOfTheFileIsToldBehindIt() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(true);
        backend.receive(FILE_REQUEST);
        backend.receive(bytes().sequenceId(3).err(1159, "too slow").bytes());
        assertThat(delivered()).isEqualTo(Hex.of(FILE_REQUEST));
        assertThat(response.isError()).isTrue();
        clientSends("01 00 00 02 61 00 00 00 03");
        assertThat(delivered())
                .startsWith(Hex.of(bytes().sequenceId(4).err(1159, "too slow").bytes())
                        .substring(0, 14));
        assertThat(log).containsExactly("resumed", "resumed", "completed", "discarded");
    }

    @Test
    void anErrorBeforeTheServerHasTheWholeFileIsTooEarlyAlsoIfTheRestIsWaiting() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(true);
        backend.receive(FILE_REQUEST);
        waiting = Unpooled.copiedBuffer(Hex.bytes("01 00 00 02 61 00 00 00 03"));
        backend.receive(bytes().sequenceId(3).err(1159, "too slow").bytes());
        assertThat(file.isOpen()).isFalse();
        assertThat(response.isTooEarly()).isTrue();
        assertThat(log).containsExactly("resumed", "resumed", "discarded", "completed");
        beginLoad(true);
        assertThat(response.isTooEarly()).isFalse();
    }

    @Test
    void anErrorBehindTheWholeFileIsNotTooEarly() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(true);
        backend.receive(FILE_REQUEST);
        clientSends("01 00 00 02 61 00 00 00 03");
        backend.receive(bytes().sequenceId(4).err(1062, "twice").bytes());
        assertThat(response.isTooEarly()).isFalse();
        assertThat(log).containsExactly("resumed", "completed");
    }

    @Test
    void noFileIsAskedForWhenTheAnswerIsNotWanted() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(true);
        response.discard();
        backend.receive(FILE_REQUEST);
        assertThat(delivered()).isEmpty();
        assertThat(file.isOpen()).isFalse();
        assertThat(log).containsExactly("failed");
    }

    @Test
    void anythingElseInTheMiddleOfTheFileBreaksTheProtocol() {
        response = forClient(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_LOCAL_FILES);
        beginLoad(true);
        backend.receive(FILE_REQUEST);
        backend.receive(bytes().sequenceId(2).ok(1, 2).bytes());
        assertThat(delivered()).isEqualTo(Hex.of(FILE_REQUEST));
        assertThat(log).containsExactly("resumed", "failed");
    }

    @Test
    void theNextResponseStartsAfresh() {
        begin(ResponseShape.QUERY);
        backend.receive(bytes().err(1064, "no").bytes());
        begin(ResponseShape.QUERY);
        assertThat(response.isError()).isFalse();
        assertThat(response.errorCode()).isZero();
        assertThat(response.isDelivered()).isFalse();
        assertThat(response.isDiscarded()).isFalse();
    }
}
