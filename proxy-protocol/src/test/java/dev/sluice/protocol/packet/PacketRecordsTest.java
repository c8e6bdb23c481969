package dev.sluice.protocol.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every record: written and read again, cut short at every byte, and with a byte too many. */
class PacketRecordsTest {
    private static final int BASE = Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_LONG_PASSWORD;
    private static final int FULL = BASE
            | Capabilities.CLIENT_CONNECT_WITH_DB
            | Capabilities.CLIENT_CONNECT_ATTRS
            | Capabilities.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
            | Capabilities.CLIENT_SESSION_TRACK;
    private static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SECRET = Hex.bytes("5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2");

    /** A record, its capabilities and its decoder; open-ended packets cannot see a byte too many. */
    record Sample(Packet packet, int capabilities, boolean openEnded, BiFunction<ByteBuf, Integer, Packet> decoder) {
        byte[] bytes() {
            ByteBuf out = Unpooled.buffer();
            packet.encode(out, capabilities);
            return ByteBufUtil.getBytes(out);
        }

        Packet decode(byte[] bytes) {
            ByteBuf payload = Unpooled.wrappedBuffer(bytes);
            Packet decoded = decoder.apply(payload, capabilities);
            assertThat(payload.isReadable()).isFalse();
            return decoded;
        }

        @Override
        public String toString() {
            return packet.toString();
        }
    }

    static Stream<Sample> samples() {
        return Stream.of(handshakes(), responses(), changeUsers(), others()).flatMap(samples -> samples);
    }

    private static Stream<Sample> handshakes() {
        return Stream.of(
                        new HandshakeV10("8.0.31", 0xFFFFFFFFL, NONCE, -1, 255, 2, "caching_sha2_password"),
                        new HandshakeV10("", 0, NONCE, BASE, 8, 0, ""),
                        new HandshakeV10("5.5.5-10.11.19-MariaDB", 7, NONCE, BASE & ~1, 45, 2, "mysql_native_password"),
                        new HandshakeV10(
                                "5.1.73", 7, NONCE, Capabilities.CLIENT_PROTOCOL_41, 8, 2, "mysql_native_password"))
                .map(packet -> new Sample(packet, 0, false, HandshakeV10::decode));
    }

    private static Stream<Sample> responses() {
        return Stream.of(
                        response(FULL, "app", SECRET, "schema", "caching_sha2_password"),
                        response(FULL | Capabilities.CLIENT_ZSTD_COMPRESSION_ALGORITHM, "", new byte[300], null, "p"),
                        response(BASE, "jürgen", new byte[0], null, "mysql_native_password"),
                        new HandshakeResponse41(
                                Capabilities.CLIENT_PROTOCOL_41, 1, 8, "old", new byte[] {1}, null, null, Map.of()))
                .map(packet -> new Sample(packet, 0, true, HandshakeResponse41::decode));
    }

    private static HandshakeResponse41 response(
            int capabilities, String user, byte[] auth, @Nullable String database, String plugin) {
        Map<String, String> attributes = new LinkedHashMap<>();
        if (Capabilities.has(capabilities, Capabilities.CLIENT_CONNECT_ATTRS)) {
            attributes.put("_client_name", "libmysql");
            attributes.put("long", "x".repeat(300));
        }
        return new HandshakeResponse41(capabilities, 0xFFFFFFFFL, 45, user, auth, database, plugin, attributes);
    }

    private static Stream<Sample> changeUsers() {
        return Stream.of(
                new Sample(
                        new ChangeUser("app", SECRET, "schema", 0x01FF, "plugin", Map.of("a", "b", "c", "")),
                        FULL,
                        true,
                        ChangeUser::decode),
                new Sample(new ChangeUser("", new byte[0], null, 45, "p", Map.of()), BASE, true, ChangeUser::decode),
                new Sample(
                        new ChangeUser("old", new byte[] {1}, "s", 8, null, Map.of()),
                        Capabilities.CLIENT_PROTOCOL_41,
                        true,
                        ChangeUser::decode));
    }

    private static Stream<Sample> others() {
        return Stream.of(
                new Sample(new SslRequest(BASE | Capabilities.CLIENT_SSL, 1 << 24, 45), 0, false, SslRequest::decode),
                new Sample(new AuthSwitchRequest("mysql_native_password", NONCE), 0, true, AuthSwitchRequest::decode),
                new Sample(new AuthSwitchRequest("clear", new byte[0]), 0, true, AuthSwitchRequest::decode),
                new Sample(new AuthMoreData(SECRET), 0, true, AuthMoreData::decode),
                new Sample(new OkPacket(0, 0, 2, 0, ""), FULL, false, OkPacket::decode),
                new Sample(new OkPacket(251, -1, 0x3FFF, 0xFFFF, "info"), BASE, false, OkPacket::decode),
                new Sample(new OkPacket(0xFFFFFFL, 1L << 40, 2, 1, "é"), FULL, false, OkPacket::decode),
                new Sample(new ErrPacket(1045, "28000", "Access denied"), FULL, true, ErrPacket::decode),
                new Sample(new ErrPacket(1040, "HY000", "Too many connections"), 0, true, ErrPacket::decode),
                new Sample(new EofPacket(1, 0x8002), 0, false, EofPacket::decode),
                new Sample(new StmtPrepareOk(-1, 0xFFFF, 3, 4), 0, false, StmtPrepareOk::decode));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void whatIsWrittenIsReadAgain(Sample sample) {
        Packet decoded = sample.decode(sample.bytes());

        assertThat(decoded).isEqualTo(sample.packet).hasSameHashCodeAs(sample.packet);
        ByteBuf again = Unpooled.buffer();
        decoded.encode(again, sample.capabilities);
        assertThat(Hex.of(again)).isEqualTo(Hex.of(sample.bytes()));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void aPacketCutShortIsRefusedOrSomethingElse(Sample sample) {
        byte[] bytes = sample.bytes();
        for (int cut = 0; cut < bytes.length; cut++) {
            int length = cut;
            try {
                assertThat(sample.decode(Arrays.copyOf(bytes, length)))
                        .as("%d of %d bytes", length, bytes.length)
                        .satisfies(packet -> assertThat(
                                        lastByteIsNotNeeded(sample, length, bytes) || !packet.equals(sample.packet))
                                .isTrue());
                assertThat(sample.openEnded || sample.packet instanceof OkPacket)
                        .as("%d of %d bytes are enough", length, bytes.length)
                        .isTrue();
            } catch (ProtocolException e) {
                assertThat(e.field()).isNotEmpty();
            }
        }
    }

    /** Some servers leave out the NUL behind a nonce; the level of a compression that is never used is not looked at. */
    private static boolean lastByteIsNotNeeded(Sample sample, int length, byte[] bytes) {
        boolean optional = (sample.packet instanceof AuthSwitchRequest request && request.data().length == 20)
                || (sample.packet instanceof HandshakeResponse41 response
                        && Capabilities.has(response.capabilities(), Capabilities.CLIENT_ZSTD_COMPRESSION_ALGORITHM));
        return optional && length == bytes.length - 1;
    }

    @ParameterizedTest
    @MethodSource("samples")
    void aByteTooManyIsRefused(Sample sample) {
        byte[] bytes = sample.bytes();
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        if (sample.openEnded
                || (sample.packet instanceof OkPacket ok && ok.info().isEmpty())) {
            assertThatCode(() -> sample.decode(longer)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> sample.decode(longer)).isInstanceOf(ProtocolException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void theTextOfAPacketShowsNoAuthenticationData(Sample sample) {
        assertThat(sample.packet.toString())
                .doesNotContain("5ec2")
                .doesNotContain("94, -62")
                .doesNotContain("[B@");
    }

    @Test
    void arraysAreCopiedInAndOut() {
        byte[] data = {1, 2, 3};
        AuthMoreData packet = new AuthMoreData(data);
        data[0] = 9;
        packet.data()[1] = 9;
        assertThat(packet.data()).containsExactly(1, 2, 3);
    }

    @Test
    void greetingsOfRealServersAreUnderstood() {
        HandshakeV10 mysql = greeting("mysql-8.0.31");
        assertThat(mysql.serverVersion()).isEqualTo("8.0.31");
        assertThat(mysql.authPluginName()).isEqualTo("caching_sha2_password");
        assertThat(mysql.isMariaDb()).isFalse();
        assertThat(mysql.collation()).isEqualTo(255);
        assertThat(mysql.status()).isEqualTo(2);
        assertThat(mysql.authPluginData()).doesNotContain(0);
        ByteBuf out = Unpooled.buffer();
        mysql.encode(out, 0);
        assertThat(Hex.of(out))
                .isEqualTo(Hex.of(GoldenCapture.of("mysql-8.0.31", "greeting").payload("greeting")));

        HandshakeV10 mariaDb = greeting("mariadb-10.11.19");
        assertThat(mariaDb.serverVersion()).startsWith("5.5.5-10.11.19-MariaDB");
        assertThat(mariaDb.authPluginName()).isEqualTo("mysql_native_password");
        assertThat(mariaDb.isMariaDb()).isTrue();
        assertThat(Capabilities.has(mariaDb.capabilities(), Capabilities.CLIENT_DEPRECATE_EOF))
                .isTrue();
    }

    private static HandshakeV10 greeting(String server) {
        return HandshakeV10.decode(
                Unpooled.wrappedBuffer(GoldenCapture.of(server, "greeting").payload("greeting")), 0);
    }

    @Test
    void aMariaDbWithAnInventedVersionIsKnownByItsCapabilities() {
        assertThat(new HandshakeV10("8.0.99", 1, NONCE, BASE & ~1, 45, 2, "p").isMariaDb())
                .isTrue();
        assertThat(new HandshakeV10("8.0.99", 1, NONCE, BASE, 45, 2, "p").isMariaDb())
                .isFalse();
    }

    @Test
    void authenticationPacketsOfARealServerAreUnderstood() {
        AuthSwitchRequest request = AuthSwitchRequest.decode(
                Unpooled.wrappedBuffer(
                        GoldenCapture.of("mysql-8.0.31", "auth-switch").payload("auth-switch")),
                0);
        assertThat(request.plugin()).isEqualTo("caching_sha2_password");
        assertThat(request.data()).hasSize(20).doesNotContain(0);
        AuthMoreData more = AuthMoreData.decode(
                Unpooled.wrappedBuffer(
                        GoldenCapture.of("mysql-8.0.31", "auth-more-data").payload("auth-more-data")),
                0);
        assertThat(more.data()).containsExactly(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql-8.0.31", "mariadb-10.11.19"})
    void theOkAfterARealLoginIsUnderstood(String server) {
        OkPacket ok = OkPacket.decode(
                Unpooled.wrappedBuffer(GoldenCapture.of(server, "login-ok").payload("ok")), FULL);
        assertThat(ok.status() & 2).isEqualTo(2);
        assertThat(ok.info()).isEmpty();
    }

    @Test
    void anOkWithSessionStateIsReadAndWrittenWithout() {
        OkPacket ok = OkPacket.decode(Hex.buffer("fe 00 00 0240 0000 02 6869 03 020131"), FULL);
        assertThat(ok).isEqualTo(new OkPacket(0, 0, 0x4002, 0, "hi"));
        ByteBuf out = Unpooled.buffer();
        ok.encode(out, FULL);
        assertThat(Hex.of(out)).isEqualTo("00000002000000026869");
    }

    @Test
    void theRequestForAnOldPasswordIsRefused() {
        assertThatThrownBy(() -> AuthSwitchRequest.decode(Hex.buffer("fe"), 0))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("old password");
    }

    @Test
    void aChangeUserMayEndBehindTheSchema() {
        assertThat(ChangeUser.decode(Hex.buffer("11 6100 00 00"), FULL))
                .isEqualTo(new ChangeUser("a", new byte[0], null, 0, null, Map.of()));
    }

    @Test
    void aLoginDoesNotFailForAttributesThatCannotBeRead() {
        // What a widespread client sends without a schema: a NUL where the schema would stand.
        ByteBuf payload = Unpooled.buffer();
        response(BASE, "app", SECRET, null, "").encode(payload, 0);
        payload.setIntLE(0, BASE | Capabilities.CLIENT_CONNECT_ATTRS);
        payload.writeBytes(Hex.bytes("6d7973716c5f6e61746976655f70617373776f726400", "04 01 61 01 62"));

        HandshakeResponse41 response = HandshakeResponse41.decode(payload, 0);

        assertThat(response.username()).isEqualTo("app");
        assertThat(response.authResponse()).isEqualTo(SECRET);
        assertThat(response.authPluginName()).isNull();
        assertThat(response.connectAttributes()).containsOnlyKeys("_malformed");
    }

    @Test
    void anSslRequestIsToldFromAHandshakeResponse() {
        ByteBuf request = Unpooled.buffer();
        new SslRequest(BASE | Capabilities.CLIENT_SSL, 1, 45).encode(request, 0);
        assertThat(request.readableBytes()).isEqualTo(SslRequest.LENGTH);
        assertThat(SslRequest.matches(request)).isTrue();
        assertThat(SslRequest.matches(request.copy().writeByte(0))).isFalse();
        assertThat(SslRequest.matches(Unpooled.wrappedBuffer(new byte[SslRequest.LENGTH])))
                .isFalse();
    }

    @Test
    void aClientWithoutTheProtocolOf41IsRefused() {
        assertThatThrownBy(() -> HandshakeResponse41.decode(Unpooled.wrappedBuffer(new byte[64]), 0))
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> SslRequest.decode(Unpooled.wrappedBuffer(new byte[32]), 0))
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void fieldsThatCannotBeWrittenAreRefused() {
        assertThatThrownBy(() -> new HandshakeV10("", 0, new byte[8], 0, 0, 0, ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ErrPacket(1, "HY", "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> response(BASE, "a\0b", SECRET, null, "p").encode(Unpooled.buffer(), 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> response(BASE, "a", new byte[256], null, "p").encode(Unpooled.buffer(), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
