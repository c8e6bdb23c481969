package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whoever sits between Sluice and a server may send any key: the password must not go where nobody asked for one. */
class BackendLoginHandlerTest {
    private static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FULL = {4};
    private static final byte[] REQUEST_PUBLIC_KEY = {2};
    private static final int OFFERED = Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_DEPRECATE_EOF
            | Capabilities.CLIENT_SESSION_TRACK;

    private final RsaKeys keys = RsaKeys.generate();
    private final List<String> log = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    /** Greets Sluice and takes its first answer. */
    private void greet(String plugin) {
        BackendLogin login = new BackendLogin(
                new PoolKey(0, LoginName.of("app"), 0),
                Credential.ofPassword(LoginName.of("app"), "secret".getBytes(StandardCharsets.US_ASCII)),
                new BackendAddress("db0", 3306),
                null,
                () -> 0);
        channel.pipeline()
                .addLast(new BackendLoginHandler(
                        login, BackendTransportSecurity.OFF, Duration.ofSeconds(1), new ConnectListener() {
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
        receive(new HandshakeV10("8.4.0", 7, NONCE, OFFERED, 255, 2, plugin), 0);
        assertThat(answer()).isNotEmpty();
    }

    private void receive(Packet packet, int sequenceId) {
        ByteBuf bytes = Unpooled.buffer();
        Packets.write(bytes, sequenceId, packet, OFFERED);
        channel.writeInbound(bytes);
    }

    private void receiveKey(int sequenceId) {
        receive(new AuthMoreData(keys.publicKeyPem().getBytes(StandardCharsets.US_ASCII)), sequenceId);
    }

    /** The payload of the only packet that was sent; empty when nothing was. */
    private byte[] answer() {
        ByteBuf sent = channel.readOutbound();
        if (sent == null) {
            return new byte[0];
        }
        byte[] payload = new byte[sent.skipBytes(Packets.HEADER_LENGTH).readableBytes()];
        sent.readBytes(payload).release();
        ByteBuf more = channel.readOutbound();
        assertThat(more).isNull();
        return payload;
    }

    private void assertRefused() {
        assertThat(answer()).isEmpty();
        assertThat(log).containsExactly("BROKEN db0:3306: a public key that was not asked for");
        assertThat(channel.pipeline().get(BackendLoginHandler.class)).isNull();
    }

    @Test
    void aPublicKeyThatWasAskedForIsUsed() {
        greet(BackendLogin.CACHING_SHA2);
        receive(new AuthMoreData(FULL), 2);
        assertThat(answer()).isEqualTo(REQUEST_PUBLIC_KEY);
        receiveKey(4);
        assertThat(new String(keys.decryptPassword(answer(), NONCE), StandardCharsets.US_ASCII))
                .isEqualTo("secret");
        assertThat(log).isEmpty();
    }

    @Test
    void aPublicKeyInPlaceOfTheFirstAnswerIsRefused() {
        greet(BackendLogin.CACHING_SHA2);
        receiveKey(2);
        assertRefused();
    }

    @Test
    void aPublicKeyForANativePasswordIsRefused() {
        greet(BackendLogin.NATIVE);
        receiveKey(2);
        assertRefused();
    }

    @Test
    void aKeyThatWasAskedForBeforeASwitchOfThePluginIsRefused() {
        greet(BackendLogin.CACHING_SHA2);
        receive(new AuthMoreData(FULL), 2);
        assertThat(answer()).isEqualTo(REQUEST_PUBLIC_KEY);
        receive(new AuthSwitchRequest(BackendLogin.NATIVE, NONCE), 4);
        assertThat(answer()).hasSize(20);
        receiveKey(6);
        assertRefused();
    }

    @Test
    void sha256PasswordAsksForTheKeyByItsAnswerToTheSwitch() {
        greet(BackendLogin.CACHING_SHA2);
        receive(new AuthSwitchRequest(BackendLogin.SHA256, NONCE), 2);
        assertThat(answer()).containsExactly(1);
        receiveKey(4);
        assertThat(new String(keys.decryptPassword(answer(), NONCE), StandardCharsets.US_ASCII))
                .isEqualTo("secret");
        assertThat(log).isEmpty();
    }
}
