package dev.sluice.server.backend;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import dev.sluice.server.backend.BackendFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server is told in front of a login, and what becomes of it when it does not want to know. */
class ClientAnnouncementTest {
    private static final BackendAddress ADDRESS = new BackendAddress("db0", 3306);
    private static final InetAddress CLIENT = NetUtil.createInetAddressFromIpAddressString("10.1.2.3");
    private static final String HEADER = "PROXY TCP4 10.1.2.3 0.0.0.0 0 0\r\n";
    private static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    private static final int OFFERED = Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_DEPRECATE_EOF
            | Capabilities.CLIENT_SESSION_TRACK;
    private static final ErrPacket NOT_ACCEPTED =
            new ErrPacket(1130, "HY000", "Proxy header is not accepted from 10.0.0.1");
    private static final ErrPacket NOT_ALLOWED =
            new ErrPacket(1130, "HY000", "Host '10.1.2.3' is not allowed to connect to this MariaDB server");

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<BackendFailure> failures = new ArrayList<>();
    private final ClientAnnouncements announcements =
            new ClientAnnouncements(ProxyHeader.V1, ordinal -> ordinal == 1, this::now);
    private @Nullable BackendConnection connected;
    private long nowNanos;

    private long now() {
        return nowNanos;
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void connect(BackendTransportSecurity security) {
        LoginName name = new LoginName("app", CLIENT);
        ClientAnnouncement announcement = new ClientAnnouncement(announcements, ADDRESS, CLIENT, new ConnectListener() {
            @Override
            public void connected(BackendConnection connection) {
                connected = connection;
            }

            @Override
            public void failed(BackendFailure failure) {
                failures.add(failure);
            }

            @Override
            public void gone() {
                // Nothing depends on it here.
            }
        });
        BackendLogin login = new BackendLogin(
                new PoolKey(0, name, 0), Credential.ofPassword(name, new byte[] {'p'}), ADDRESS, null, () -> 0);
        channel.pipeline()
                .addLast(announcement)
                .addLast(new BackendLoginHandler(login, security, Duration.ofSeconds(1), announcement));
        channel.pipeline().fireChannelActive();
    }

    private static HandshakeV10 greeting(int more) {
        return new HandshakeV10("11.4.2-MariaDB", 7, NONCE, OFFERED | more, 45, 2, "mysql_native_password");
    }

    private static ByteBuf bytes(Packet packet, int sequenceId) {
        ByteBuf bytes = Unpooled.buffer();
        Packets.write(bytes, sequenceId, packet, OFFERED);
        return bytes;
    }

    private String sent() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.ISO_8859_1));
            part.release();
        }
        return all.toString();
    }

    private BackendFailure failure() {
        assertThat(failures).hasSize(1);
        return failures.get(0);
    }

    private static BackendTransportSecurity tls() throws IOException {
        return new BackendTransportSecurity(SslContextBuilder.forClient().build(), true);
    }

    @Test
    void theHeaderComesBeforeEverythingElse() {
        connect(BackendTransportSecurity.OFF);
        assertThat(sent()).isEqualTo(HEADER);
        channel.writeInbound(bytes(greeting(0), 0));
        assertThat(sent()).contains("app");
        channel.writeInbound(bytes(OkPacket.of(ServerStatus.SERVER_STATUS_AUTOCOMMIT), 2));
        assertThat(connected).isNotNull();
        assertThat(channel.pipeline().get(ClientAnnouncement.class)).isNull();
        assertThat(failures).isEmpty();
    }

    @Test
    void aServerThatDoesNotAcceptHeadersIsNotAskedAgainForASecond() {
        connect(BackendTransportSecurity.OFF);
        channel.writeInbound(bytes(greeting(0), 0), bytes(NOT_ACCEPTED, 1));
        assertThat(failure().kind()).isEqualTo(Kind.TURNED_AWAY);
        assertThat(failure().isPassing()).isFalse();
        assertThat(failure().message()).contains("db0:3306", "proxy_protocol_networks", "pool.proxy-protocol");
        assertThat(announcements.refusal(ADDRESS, 0)).isEqualTo(failure());
        assertThat(announcements.refusal(new BackendAddress("db1", 3306), 0)).isNull();
        nowNanos += Duration.ofSeconds(1).toNanos();
        assertThat(announcements.refusal(ADDRESS, 0)).isNull();
    }

    @Test
    void aHostThatTheServerDoesNotLetInIsToldSo() {
        connect(BackendTransportSecurity.OFF);
        channel.writeInbound(bytes(greeting(0), 0), bytes(NOT_ALLOWED, 1));
        assertThat(failure().kind()).isEqualTo(Kind.TURNED_AWAY);
        assertThat(failure().serverError()).isEqualTo(NOT_ALLOWED);
        assertThat(announcements.refusal(ADDRESS, 0)).isNull();
    }

    /** The words may come with the greeting, or when TLS is expected already. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsSaidInTheClearInFrontOfTlsIsUnderstood(boolean withGreeting) throws Exception {
        connect(tls());
        ByteBuf greeting = bytes(greeting(Capabilities.CLIENT_SSL), 0);
        if (withGreeting) {
            channel.writeInbound(greeting.writeBytes(bytes(NOT_ACCEPTED, 1)));
        } else {
            channel.writeInbound(greeting);
            channel.writeInbound(bytes(NOT_ACCEPTED, 1));
        }
        assertThat(failure().kind()).isEqualTo(Kind.TURNED_AWAY);
        assertThat(failure().message()).contains("proxy_protocol_networks");
    }

    @Test
    void itIsNotRepeatedToTheClientInTheServersWords() throws Exception {
        connect(tls());
        channel.writeInbound(bytes(greeting(Capabilities.CLIENT_SSL), 0));
        channel.writeInbound(bytes(new ErrPacket(1130, "HY000", "Host 'x': ask for help at evil.example"), 1));
        assertThat(failure().serverError())
                .isEqualTo(
                        new ErrPacket(1130, "HY000", "Host '10.1.2.3' is not allowed to connect to this MySQL server"));
    }

    @Test
    void whatCannotBeSentAnyMoreDoesNotHideWhatWasSaid() {
        connect(BackendTransportSecurity.OFF);
        channel.writeInbound(bytes(greeting(0), 0));
        channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        assertThat(failures).isEmpty();
        channel.writeInbound(bytes(NOT_ALLOWED, 1));
        assertThat(failure().serverError()).isEqualTo(NOT_ALLOWED);
    }

    @Test
    void aServerThatDoesNotUnderstandIsSaidToHaveGotAHeader() {
        connect(BackendTransportSecurity.OFF);
        channel.writeInbound(bytes(greeting(0), 0), bytes(new ErrPacket(1156, "08S01", "Got packets out of order"), 1));
        assertThat(requireNonNull(failure().serverError()).message()).contains("out of order", "pool.proxy-protocol");
    }

    @Test
    void aConnectionThatEndsIsSaidToHaveBegunWithAHeader() {
        connect(BackendTransportSecurity.OFF);
        channel.close().syncUninterruptibly();
        assertThat(failure().kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure().message()).contains("pool.proxy-protocol");
    }

    @Test
    void otherErrorsAreTheServers() {
        connect(BackendTransportSecurity.OFF);
        ErrPacket denied = new ErrPacket(1045, "28000", "Access denied");
        channel.writeInbound(bytes(greeting(0), 0), bytes(denied, 2));
        assertThat(failure().kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure().serverError()).isEqualTo(denied);
    }

    @Test
    void aServerThatNeverTakesHeadersIsNotAsked() {
        BackendFailure refusal = announcements.refusal(ADDRESS, 1);
        assertThat(requireNonNull(refusal).message()).contains("db0:3306", "no MariaDB server", "pool.proxy-protocol");
    }
}
