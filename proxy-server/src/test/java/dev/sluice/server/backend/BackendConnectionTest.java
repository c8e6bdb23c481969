package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.testing.ResponseBytes;
import dev.sluice.server.backend.BackendFailure.Kind;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendConnectionTest {
    private static final byte[] OK = new ResponseBytes(true).ok(0, 2).bytes();

    private final FakeBackend backend = new FakeBackend();
    private final BackendConnection connection = backend.connection();
    private final List<String> log = new ArrayList<>();
    private final BackendConnection.Owner owner = new BackendConnection.Owner() {
        @Override
        public void backendReadComplete() {
            log.add("read complete");
        }

        @Override
        public void backendWritabilityChanged(BackendConnection about) {
            log.add("writability");
        }

        @Override
        public void backendWanted(BackendConnection connection) {
            log.add("wanted");
        }

        @Override
        public void backendSilent(BackendConnection connection) {
            log.add("silent");
        }

        @Override
        public void backendClosed(BackendConnection about, BackendFailure failure) {
            log.add("owner: " + failure.message());
        }
    };

    @AfterEach
    void close() {
        backend.close();
    }

    private static byte[] joined(byte[]... parts) {
        return io.netty.buffer.ByteBufUtil.getBytes(Unpooled.wrappedBuffer(parts));
    }

    private void expect(String name) {
        connection.expect(new Receiver(name, log));
    }

    @Test
    void pipelinedResponsesGoToTheirReceiversInOrder() {
        expect("one");
        connection.expect(new Receiver("two", log, ResponseShape.QUERY));
        expect("three");
        byte[] rows = new ResponseBytes(true).resultSet(2, 3, 2).bytes();
        backend.receive(joined(OK, rows, new ResponseBytes(true).err(1064, "no").bytes()));
        assertThat(log)
                .containsExactly(
                        "one OK", "one completed", "two ROWS_END", "two completed", "three ERR", "three completed");
        assertThat(connection.isQuiet()).isTrue();
        assertThat(connection.isClosed()).isFalse();
    }

    @Test
    void responsesThatArriveByteByByteAreTheSame() {
        expect("one");
        connection.expect(new Receiver("two", log, ResponseShape.QUERY));
        for (byte b : joined(OK, new ResponseBytes(true).resultSet(2, 3, 2).bytes())) {
            backend.receive(new byte[] {b});
        }
        assertThat(log).containsExactly("one OK", "one completed", "two ROWS_END", "two completed");
        assertThat(connection.isClosed()).isFalse();
    }

    @Test
    void everyCutOfTwoResponsesGivesTheSame() {
        byte[] all = joined(new ResponseBytes(true).resultSet(1, 2, 2).bytes(), OK);
        for (int cut = 1; cut < all.length; cut++) {
            log.clear();
            connection.expect(new Receiver("one", log, ResponseShape.QUERY));
            expect("two");
            backend.receive(java.util.Arrays.copyOf(all, cut));
            backend.receive(java.util.Arrays.copyOfRange(all, cut, all.length));
            assertThat(log)
                    .as("cut at %d", cut)
                    .containsExactly("one ROWS_END", "one completed", "two OK", "two completed");
        }
    }

    @Test
    void theOwnerIsToldWhenAReadIsOverAndNobodyIsToldWithoutOne() {
        expect("one");
        backend.receive(OK);
        connection.leaseTo(owner);
        expect("two");
        backend.receive(OK);
        assertThat(log).containsExactly("one OK", "one completed", "two OK", "two completed", "read complete");
    }

    @Test
    void bytesThatNobodyAskedForCloseTheConnection() {
        connection.leaseTo(owner);
        backend.receive(OK);
        assertThat(log).containsExactly("owner: the backend sent bytes nobody asked for");
        assertThat(connection.isClosed()).isTrue();
    }

    @Test
    void bytesBehindTheLastResponseCloseTheConnectionAfterItsReceiverWasTold() {
        connection.leaseTo(owner);
        expect("one");
        backend.receive(joined(OK, new byte[] {1}));
        assertThat(log).containsExactly("one OK", "one completed", "owner: the backend sent bytes nobody asked for");
    }

    @Test
    void anErrorOnAnIdleConnectionIsItsEnd() {
        List<String> closed = new ArrayList<>();
        connection.onClose = () -> closed.add("pool");
        connection.leaseTo(owner);
        backend.receive(new ResponseBytes(true).sequenceId(0).err(4031, "idle").bytes());
        assertThat(log).containsExactly("owner: the backend ended the idle connection");
        assertThat(closed).containsExactly("pool");
    }

    @Test
    void aBrokenProtocolTellsEveryReceiverOnceAndThenThePoolAndTheOwner() {
        connection.leaseTo(owner);
        connection.onClose = () -> log.add("pool");
        expect("one");
        expect("two");
        backend.receive(new ResponseBytes(true).sequenceId(9).ok(0, 2).bytes());
        assertThat(log).hasSize(4);
        assertThat(log.get(0)).startsWith("one failed: the backend broke the protocol: ");
        assertThat(log.get(1)).startsWith("two failed: the backend broke the protocol: ");
        assertThat(log.get(2)).isEqualTo("pool");
        assertThat(log.get(3)).startsWith("owner: the backend broke the protocol: ");
    }

    @Test
    void aServerThatClosesWithinAResponseFailsIt() {
        connection.leaseTo(owner);
        expect("one");
        backend.receive(java.util.Arrays.copyOf(OK, 5));
        backend.channel().pipeline().fireChannelInactive();
        assertThat(log)
                .containsExactly(
                        "read complete",
                        "one failed: the backend closed the connection",
                        "owner: the backend closed the connection");
        assertThat(connection.isQuiet()).isTrue();
    }

    @Test
    void theEndOfAConnectionIsToldOnce() {
        connection.leaseTo(owner);
        connection.onClose = () -> log.add("pool");
        connection.fail(BackendFailure.of(Kind.BROKEN, "first"));
        connection.fail(BackendFailure.of(Kind.BROKEN, "second"));
        connection.close();
        assertThat(log).containsExactly("pool", "owner: first");
    }

    @Test
    void aReturnedConnectionTellsItsLastOwnerNothing() {
        connection.leaseTo(owner);
        connection.returned(5);
        connection.close();
        assertThat(log).isEmpty();
        assertThat(connection.idleSinceNanos()).isEqualTo(5);
    }

    @Test
    void everyLeaseIsCountedAndUnpausesTheChannel() {
        backend.channel().config().setAutoRead(false);
        long before = connection.leases();
        connection.leaseTo(owner);
        assertThat(connection.leases()).isEqualTo(before + 1);
        assertThat(backend.channel().config().isAutoRead()).isTrue();
    }

    @Test
    void theWarningsOfTheLastResponseAreRemembered() {
        connection.expect(new Receiver("one", log, ResponseShape.QUERY));
        backend.receive(new ResponseBytes(true).columns(1).rowsEnd(3, 2).bytes());
        assertThat(connection.lastWarnings()).isEqualTo(3);
    }
}
