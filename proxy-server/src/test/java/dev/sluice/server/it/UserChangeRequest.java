package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ChangeUser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** COM_CHANGE_USER of a client, to an account with mysql_native_password. Thread-safe: functions without state. */
final class UserChangeRequest {
    private UserChangeRequest() {}

    /** Sends the command alone. */
    static void send(RawClient client, String user, String password, String schema) throws IOException {
        ChangeUser request = new ChangeUser(
                user,
                scramble(password, client.nonce()),
                schema,
                RawClient.UTF8MB4_0900_AI_CI,
                NativePassword.NAME,
                Map.of());
        ByteBuf payload = Unpooled.buffer();
        request.encode(payload, RawClient.CAPABILITIES);
        client.send(CommandType.COM_CHANGE_USER, ByteBufUtil.getBytes(payload, 1, payload.readableBytes() - 1));
    }

    /** Sends the command and answers what the server asks for; the last packet of the answer. */
    static byte[] ask(RawClient client, String user, String password, String schema) throws IOException {
        send(client, user, password, schema);
        byte[] answer = client.read();
        if (RawClient.first(answer) == RawClient.EOF) {
            AuthSwitchRequest request =
                    AuthSwitchRequest.decode(Unpooled.wrappedBuffer(answer), RawClient.CAPABILITIES);
            client.follow(scramble(password, request.data()));
            answer = client.read();
        }
        return answer;
    }

    private static byte[] scramble(String password, byte[] nonce) {
        return NativePassword.scramble(password.getBytes(StandardCharsets.UTF_8), nonce);
    }
}
