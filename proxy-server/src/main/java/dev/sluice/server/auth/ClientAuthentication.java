package dev.sluice.server.auth;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.Nonce;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.monitor.Account;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One login of a client: the exchange of its authentication plugin, and the proof of what it sent at a backend. Confined to
 * the session's event loop.
 *
 * <pre>
 * start ──plugin fits──► answer ──known and fresh──► accepted
 *   │                      │──otherwise──► FULL ──password (TLS, or RSA)──► PROVING ──backend says OK──► accepted
 *   └──AuthSwitchRequest──► SWITCHED ──► answer                                └──backend says ERR──► rejected
 * startAgain ──AuthSwitchRequest──► SWITCHED
 * </pre>
 *
 * No account is decided here: whoever is not known is asked for the password and referred to the server, so an unknown user
 * and a wrong password take the same way.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html">caching_sha2_password
 *     exchanges</a>
 */
public final class ClientAuthentication {
    private static final int RSA_BLOCK_BYTES = 256;

    private enum Step {
        SWITCHED,
        FULL,
        PROVING,
        DONE
    }

    /** What happens with the result, and how packets reach the client. */
    public interface Listener {
        /** Sends a packet of the exchange. */
        void send(int sequenceId, Packet packet);

        /** The client is who it says. The next packet to the client has this sequence id. */
        void accepted(Credential credential, int sequenceId);

        /** The client is not let in. */
        void rejected(ErrPacket error, int sequenceId);
    }

    private final AuthServices services;
    private final CredentialProver prover;
    private final Listener listener;
    private final boolean encrypted;
    private final String clientHost;
    private byte[] nonce;
    private Step step = Step.SWITCHED;
    private String user = "";
    private boolean usesNative;
    private int sequenceId;

    /**
     * @param client the client's end
     * @param nonce the 20 bytes that the client was greeted with
     */
    public ClientAuthentication(
            AuthServices services, CredentialProver prover, Listener listener, Client client, byte[] nonce) {
        this.services = services;
        this.prover = prover;
        this.listener = listener;
        this.encrypted = client.encrypted();
        this.clientHost = client.host();
        this.nonce = nonce;
    }

    /**
     * The client's end. Immutable.
     *
     * @param host its address, for error messages
     * @param encrypted whether TLS protects the connection
     */
    public record Client(String host, boolean encrypted) {}

    /** Begins with what the client's first packet said; {@code received} is that packet's sequence id. */
    public void start(String userName, @Nullable String plugin, byte[] response, int received) {
        String wanted = identify(userName, received);
        if (wanted.equals(plugin) || (plugin == null && usesNative)) {
            answered(response);
        } else {
            ask(wanted);
        }
    }

    /**
     * Begins on a connection that is logged in already. Servers ask then, whatever came with the client's command: some
     * clients send what answers no nonce, and others answer that of an earlier question.
     */
    public void startAgain(String userName, int received) {
        ask(identify(userName, received));
    }

    /** The plugin of the account, as far as it is known. */
    private String identify(String userName, int received) {
        user = userName;
        sequenceId = received + 1;
        Account account = services.accounts().lookup(userName);
        usesNative = account != null && account.plugin().equals(NativePassword.NAME);
        return usesNative ? NativePassword.NAME : CachingSha2Password.NAME;
    }

    private void ask(String wanted) {
        nonce = Nonce.random();
        step = Step.SWITCHED;
        listener.send(sequenceId, new AuthSwitchRequest(wanted, Arrays.copyOf(nonce, nonce.length + 1)));
    }

    /** Takes the payload of the client's next packet. */
    public void received(ByteBuf payload, int received) {
        sequenceId = received + 1;
        byte[] bytes = ByteBufUtil.getBytes(payload);
        switch (step) {
            case SWITCHED -> answered(bytes);
            case FULL -> fullAnswer(bytes);
            case PROVING, DONE -> throw new ProtocolException("a packet while the login is being decided");
        }
    }

    private void answered(byte[] response) {
        if (isEmpty(response)) {
            prove(Credential.ofPassword(user, new byte[0]));
        } else if (usesNative) {
            nativeAnswer(response);
        } else {
            sha2Answer(response);
        }
    }

    /** Some drivers answer caching_sha2_password for an empty password with a NUL, the empty password in the clear. */
    private boolean isEmpty(byte[] response) {
        return response.length == 0 || (!usesNative && response.length == 1 && response[0] == 0);
    }

    private void nativeAnswer(byte[] response) {
        Account account = services.accounts().lookup(user);
        byte[] stored = account == null ? new byte[0] : account.authenticationString();
        byte[] stage1 = stored.length == 0 ? null : recover(response, stored);
        if (stage1 == null) {
            reject();
            return;
        }
        Credential credential = Credential.ofNativeStage1(user, stage1);
        Credential known = services.credentials().find(user);
        if (known != null && known.sameSecret(credential)) {
            accept(known);
        } else {
            prove(credential);
        }
    }

    private byte @Nullable [] recover(byte[] response, byte[] stored) {
        byte[] stage2 = NativePassword.stage2FromHex(new String(stored, java.nio.charset.StandardCharsets.US_ASCII));
        return NativePassword.recoverStage1(response, nonce, stage2);
    }

    private void sha2Answer(byte[] response) {
        Credential known = services.credentials().find(user);
        if (known != null && known.matchesSha2(response, nonce)) {
            listener.send(sequenceId++, status(CachingSha2Password.FAST_AUTH_SUCCESS));
            accept(known);
            return;
        }
        step = Step.FULL;
        listener.send(sequenceId, status(CachingSha2Password.PERFORM_FULL_AUTHENTICATION));
    }

    private static AuthMoreData status(int code) {
        return new AuthMoreData(new byte[] {(byte) code});
    }

    private void fullAnswer(byte[] bytes) {
        if (!encrypted && bytes.length == 1 && bytes[0] == CachingSha2Password.REQUEST_PUBLIC_KEY) {
            byte[] pem = services.rsaKeys().publicKeyPem().getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            listener.send(sequenceId, new AuthMoreData(pem));
            return;
        }
        byte[] password = encrypted ? withoutNul(bytes) : decrypted(bytes);
        if (password == null) {
            reject();
        } else {
            prove(Credential.ofPassword(user, password));
        }
    }

    private static byte @Nullable [] withoutNul(byte[] bytes) {
        int length = bytes.length;
        return length > 0 && bytes[length - 1] == 0 ? Arrays.copyOf(bytes, length - 1) : null;
    }

    private byte @Nullable [] decrypted(byte[] bytes) {
        if (bytes.length != RSA_BLOCK_BYTES) {
            return null;
        }
        try {
            return services.rsaKeys().decryptPassword(bytes, nonce);
        } catch (ProtocolException e) {
            return null;
        }
    }

    private void prove(Credential credential) {
        step = Step.PROVING;
        prover.prove(credential, new CredentialProver.Verdict() {
            @Override
            public void proved() {
                services.credentials().proved(credential);
                accept(credential);
            }

            @Override
            public void refused(ErrPacket error) {
                Credential known = services.credentials().find(user);
                if (known != null && known.sameSecret(credential)) {
                    services.credentials().forget(user);
                }
                step = Step.DONE;
                listener.rejected(error, sequenceId);
            }
        });
    }

    private void accept(Credential credential) {
        step = Step.DONE;
        listener.accepted(credential, sequenceId);
    }

    private void reject() {
        step = Step.DONE;
        listener.rejected(ErrorCode.ER_ACCESS_DENIED_ERROR.toPacket(user, clientHost, "YES"), sequenceId);
    }
}
