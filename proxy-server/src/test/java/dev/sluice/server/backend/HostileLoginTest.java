package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers, or who stands in front of them, that say what no server says: no password goes out, and no login succeeds. */
class HostileLoginTest {
    private static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    private static final int OFFERED = Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_DEPRECATE_EOF
            | Capabilities.CLIENT_FOUND_ROWS
            | Capabilities.CLIENT_SESSION_TRACK;
    private static final OkPacket OK = OkPacket.of(ServerStatus.SERVER_STATUS_AUTOCOMMIT);

    private final List<String> log = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void connect(BackendTransportSecurity security, int clientCapabilities) {
        BackendLogin login = new BackendLogin(
                new PoolKey(0, LoginName.of("app"), clientCapabilities),
                Credential.ofPassword(LoginName.of("app"), "secret".getBytes(StandardCharsets.US_ASCII)),
                new BackendAddress("db0", 3306),
                null,
                () -> 0);
        channel.pipeline()
                .addLast(new BackendLoginHandler(login, security, Duration.ofSeconds(1), new ConnectListener() {
                    @Override
                    public void connected(BackendConnection connection) {
                        log.add("connected");
                    }

                    @Override
                    public void failed(BackendFailure failure) {
                        log.add(failure.kind() + " " + failure.message());
                    }

                    @Override
                    public void gone() {
                        log.add("gone");
                    }
                }));
    }

    private void connect() {
        connect(BackendTransportSecurity.OFF, 0);
    }

    private static HandshakeV10 greeting(int capabilities, String plugin) {
        return new HandshakeV10("8.4.0", 7, NONCE, capabilities, 255, 2, plugin);
    }

    private static byte[] packet(Packet packet, int sequenceId) {
        ByteBuf bytes = Unpooled.buffer();
        Packets.write(bytes, sequenceId, packet, OFFERED);
        return ByteBufUtil.getBytes(bytes);
    }

    private void receive(byte[]... packets) {
        channel.writeInbound(Unpooled.copiedBuffer(packets));
    }

    /** Everything that was sent, and nothing any more. */
    private byte[] sent() {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        return ByteBufUtil.getBytes(all);
    }

    private void greet(String plugin) {
        receive(packet(greeting(OFFERED, plugin), 0));
        assertThat(sent()).isNotEmpty();
    }

    private void assertRefused(String why) {
        assertThat(log)
                .singleElement()
                .asString()
                .startsWith("BROKEN db0:3306: ")
                .contains(why);
        assertThat(new String(sent(), StandardCharsets.ISO_8859_1)).doesNotContain("secret");
        assertThat(channel.pipeline().get(BackendLoginHandler.class)).isNull();
    }

    private static BackendTransportSecurity tls(boolean required) throws SSLException {
        SslContext context = SslContextBuilder.forClient().build();
        return new BackendTransportSecurity(context, required);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatComesInTheClearBehindAnOfferOfTlsIsRefused(boolean inOnePiece) throws Exception {
        connect(tls(true), 0);
        byte[] greeting = packet(greeting(OFFERED | Capabilities.CLIENT_SSL, BackendLogin.CACHING_SHA2), 0);
        if (inOnePiece) {
            receive(greeting, packet(OK, 2));
        } else {
            receive(greeting, new byte[] {7});
        }
        assertRefused("in front of TLS");
        assertThat(log).doesNotContain("connected");
    }

    @Test
    void aQuestionForThePasswordInTheClearIsRefused() {
        connect();
        greet(BackendLogin.CACHING_SHA2);
        receive(packet(new AuthSwitchRequest("mysql_clear_password", new byte[0]), 2));
        assertRefused("authentication plugin mysql_clear_password is not answered without TLS");
    }

    @Test
    void aGreetingWithThePasswordInTheClearIsAnsweredWithAHash() {
        connect();
        receive(packet(greeting(OFFERED, "mysql_clear_password"), 0));
        assertThat(new String(sent(), StandardCharsets.ISO_8859_1)).doesNotContain("secret");
        receive(packet(new AuthMoreData("give me".getBytes(StandardCharsets.US_ASCII)), 2));
        assertRefused("a public key that was not asked for");
    }

    @Test
    void theNameOfAPluginIsNotRepeatedAtAnyLength() {
        connect();
        greet(BackendLogin.CACHING_SHA2);
        receive(packet(new AuthSwitchRequest("x\n".repeat(20_000), new byte[0]), 2));
        assertRefused("is not supported");
        assertThat(log.get(0)).hasSizeLessThan(300).doesNotContain("\n");
    }

    @Test
    void aPublicKeyThatIsNoneIsRefused() {
        connect();
        greet(BackendLogin.CACHING_SHA2);
        receive(packet(new AuthMoreData(new byte[] {4}), 2));
        assertThat(sent()).isNotEmpty();
        receive(packet(new AuthMoreData("-----BEGIN PUBLIC KEY-----\nAAAA\n".getBytes(StandardCharsets.US_ASCII)), 4));
        assertRefused("key");
    }

    @Test
    void aGreetingThatIsTooLongIsRefusedBeforeItIsThere() {
        connect();
        receive(Hex.bytes("01 00 01 00"));
        assertRefused("a packet of 65537 bytes in the connection phase");
    }

    @Test
    void aGreetingWithoutEndIsRefused() {
        connect();
        byte[] greeting = new byte[60_004];
        java.util.Arrays.fill(greeting, (byte) 'x');
        greeting[0] = (byte) 60_000;
        greeting[1] = (byte) (60_000 >> 8);
        greeting[2] = 0;
        greeting[3] = 0;
        greeting[4] = 10;
        receive(greeting);
        assertRefused("server version");
    }

    @Test
    void endlessQuestionsEndTheLogin() {
        connect();
        greet(BackendLogin.CACHING_SHA2);
        int id = 2;
        for (int i = 0; i < 20 && log.isEmpty(); i++, id += 2) {
            receive(packet(new AuthSwitchRequest(BackendLogin.NATIVE, NONCE), id));
        }
        assertThat(id).isLessThan(40);
        assertRefused("rounds of authentication");
    }

    @Test
    void packetsOutOfOrderAreRefused() {
        connect();
        greet(BackendLogin.CACHING_SHA2);
        receive(packet(OK, 9));
        assertRefused("out of order");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                Capabilities.CLIENT_FOUND_ROWS,
                Capabilities.CLIENT_SESSION_TRACK,
                Capabilities.CLIENT_DEPRECATE_EOF,
                Capabilities.CLIENT_PROTOCOL_41,
                Capabilities.CLIENT_SECURE_CONNECTION,
                Capabilities.CLIENT_PLUGIN_AUTH
            })
    void aServerThatHasLostACapabilityIsRefused(int capability) {
        connect(BackendTransportSecurity.OFF, Capabilities.CLIENT_FOUND_ROWS);
        receive(packet(greeting(OFFERED & ~capability, BackendLogin.CACHING_SHA2), 0));
        assertRefused("the server lacks");
    }

    @Test
    void aServerThatOffersTlsNoMoreIsRefusedWhereItIsRequired() throws Exception {
        connect(tls(true), 0);
        receive(packet(greeting(OFFERED, BackendLogin.CACHING_SHA2), 0));
        assertRefused("TLS is required");
    }
}
