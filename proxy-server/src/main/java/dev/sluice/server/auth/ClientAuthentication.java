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
import dev.sluice.server.monitor.AccountChoice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One login of a client: the exchange of its authentication plugin, and the proof of what it sent at a backend. Confined to
 * the session's event loop.
 *
 * <pre>
 * start ──plugin fits──► answer ──known and fresh──► accepted
 *   │                      │──known──────────────────────────────────────────► PROVING ──backend says OK──► accepted
 *   │                      │──otherwise──► FULL ──password (TLS, or RSA)──────► PROVING ──backend says ERR──► rejected
 *   └──AuthSwitchRequest──► SWITCHED ──► answer
 * startAgain ──AuthSwitchRequest──► SWITCHED
 * </pre>
 *
 * No account is refused here: whoever is not known is asked for the password and referred to the server, so an unknown user
 * and a wrong password take the same way. A wrong answer of mysql_native_password, which Sluice can tell without a server, is
 * referred to it too: the server counts failures, and knows more reasons than this one. All who are denied wait for the accounts
 * to be read again, those with that plugin in front of the proof, because their password may be newer than what is known of it;
 * the others behind it, so that the time tells nothing about the account.
 *
 * <p>An account that demands TLS or a certificate demands it of the client: what the server sees is Sluice's connection. What
 * more it may demand cannot be told of the client, and nobody is let in.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html">caching_sha2_password
 *     exchanges</a>
 */
public final class ClientAuthentication {
    private static final int RSA_BLOCK_BYTES = 256;

    /** Expired, locked, blocked: of MySQL and of MariaDB. */
    private static final Set<Integer> OF_ACCOUNTS = Set.of(1862, 3118, 3955, 4150, 4151);

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

        /** Runs what is called back on the session's event loop. */
        Executor executor();
    }

    private final AuthServices services;
    private final CredentialProver prover;
    private final Listener listener;
    private final boolean encrypted;
    private final boolean certified;
    private final String clientHost;
    private final @Nullable InetAddress shownHost;
    private byte[] nonce;
    private Step step = Step.SWITCHED;
    private LoginName name = LoginName.of("");
    private boolean usesNative;
    private boolean refreshed;
    private boolean keyGiven;
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
        this.certified = client.certified();
        this.clientHost = client.host();
        this.shownHost = services.clientHosts() ? client.address() : null;
        this.nonce = nonce;
    }

    /**
     * The client's end. Immutable.
     *
     * @param host its address, for error messages
     * @param address its address; null where it has none
     * @param encrypted whether TLS protects the connection
     * @param certified whether it has shown a certificate that was verified
     */
    public record Client(String host, @Nullable InetAddress address, boolean encrypted, boolean certified) {}

    /**
     * Begins with what the client's first packet said.
     *
     * @param plugin null for a client that cannot be asked for another than mysql_native_password
     * @param received that packet's sequence id
     */
    public void start(String userName, @Nullable String plugin, byte[] response, int received) {
        String wanted = identify(userName, received);
        if (wanted.equals(plugin) || (plugin == null && usesNative)) {
            answered(response);
        } else if (plugin == null) {
            reject(ErrorCode.ER_NOT_SUPPORTED_AUTH_MODE.toPacket());
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
        name = new LoginName(userName, shownHost);
        sequenceId = received + 1;
        AccountChoice account = account();
        usesNative = account.isNone()
                ? services.accounts().pluginOfUnknown().equals(NativePassword.NAME)
                : account.isAllOf(NativePassword.NAME);
        return usesNative ? NativePassword.NAME : CachingSha2Password.NAME;
    }

    private AccountChoice account() {
        return services.accounts().lookup(name);
    }

    private void ask(String wanted) {
        nonce = Nonce.random();
        step = Step.SWITCHED;
        listener.send(sequenceId, new AuthSwitchRequest(wanted, Arrays.copyOf(nonce, nonce.length + 1)));
    }

    /** Whether the client's next packet belongs to the exchange. What it sends while it is judged waits until it is known. */
    public boolean takesPacket() {
        return step == Step.SWITCHED || step == Step.FULL;
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
            prove(Credential.ofPassword(name, new byte[0]));
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
        step = Step.PROVING;
        byte[] stage1 = recover(response);
        if (stage1 == null) {
            // It may have been made with a password that is newer than what is known of the account.
            whenRefreshed(() -> nativeAnswerAgain(response));
            return;
        }
        Credential credential = Credential.ofNativeStage1(name, stage1);
        Credential known = services.credentials().find(name);
        if (known != null && known.sameSecret(credential)) {
            accept(known);
        } else {
            prove(credential);
        }
    }

    /** What is known of the account is no older than the answer now. */
    private void nativeAnswerAgain(byte[] response) {
        byte[] stage1 = recover(response);
        if (stage1 != null) {
            prove(Credential.ofNativeStage1(name, stage1));
        } else if (!askAgain()) {
            prove(Credential.ofNobody(name));
        }
    }

    /** The account may have another plugin than it had: not every client can be asked twice, but none could get in otherwise. */
    private boolean askAgain() {
        AccountChoice account = account();
        boolean changed = usesNative && !account.isNone() && !account.isAllOf(NativePassword.NAME);
        if (changed) {
            usesNative = false;
            ask(CachingSha2Password.NAME);
        }
        return changed;
    }

    private byte @Nullable [] recover(byte[] response) {
        for (Account account : account().accounts()) {
            byte[] stage1 = account.plugin().equals(NativePassword.NAME) ? recover(response, account) : null;
            if (stage1 != null) {
                return stage1;
            }
        }
        return null;
    }

    private byte @Nullable [] recover(byte[] response, Account account) {
        String stored = new String(account.authenticationString(), StandardCharsets.US_ASCII);
        // MariaDB writes "invalid" where nobody shall get in, and there may be nothing at all.
        return NativePassword.isAuthenticationString(stored)
                ? NativePassword.recoverStage1(response, nonce, NativePassword.stage2FromHex(stored))
                : null;
    }

    private void whenRefreshed(Runnable task) {
        refreshed = true;
        var unused = services.accounts()
                .refreshed()
                .thenRun(() -> listener.executor().execute(task));
    }

    private void sha2Answer(byte[] response) {
        Credential known = services.credentials().find(name);
        if (known != null && known.matchesSha2(response, nonce)) {
            step = Step.PROVING;
            listener.send(sequenceId++, status(CachingSha2Password.FAST_AUTH_SUCCESS));
            accept(known);
            return;
        }
        Credential before = services.credentials().latest(name);
        if (before != null && before.matchesSha2(response, nonce)) {
            // A server would know it, too: it asks for the password only when it does not.
            prove(before, true);
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
            if (keyGiven) {
                reject();
                return;
            }
            keyGiven = true;
            byte[] pem = services.rsaKeys().publicKeyPem().getBytes(StandardCharsets.US_ASCII);
            listener.send(sequenceId, new AuthMoreData(pem));
            return;
        }
        byte[] password = encrypted ? withoutNul(bytes) : decrypted(bytes);
        if (password == null) {
            reject();
        } else {
            prove(Credential.ofPassword(name, password));
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
        prove(credential, false);
    }

    /** @param scrambled whether the client is still to be told that its scramble was enough */
    private void prove(Credential credential, boolean scrambled) {
        step = Step.PROVING;
        long since = services.credentials().changes();
        prover.prove(credential, new CredentialProver.Verdict() {
            @Override
            public void proved() {
                remember(credential, since);
                if (scrambled) {
                    listener.send(sequenceId++, status(CachingSha2Password.FAST_AUTH_SUCCESS));
                }
                accept(credential);
            }

            @Override
            public void refused(ErrPacket error) {
                denied(credential, error);
            }
        });
    }

    /** That an account has gone which was never seen to be there could not be noticed. */
    private void remember(Credential credential, long since) {
        if (services.accounts().areKnown() && account().isNone()) {
            services.credentials().learned(credential);
        } else {
            services.credentials().proved(credential, since);
        }
    }

    private void denied(Credential credential, ErrPacket error) {
        if (error.code() == ErrorCode.ER_ACCESS_DENIED_ERROR.code()) {
            services.credentials().denied(credential);
        } else if (OF_ACCOUNTS.contains(error.code())) {
            // The right password would be told the same.
            services.credentials().forget(name);
        }
        if (refreshed) {
            reject(error);
        } else {
            whenRefreshed(() -> {
                if (!askAgain()) {
                    reject(error);
                }
            });
        }
    }

    private void accept(Credential credential) {
        step = Step.PROVING;
        AccountChoice account = account();
        boolean met = meets(account.demand());
        boolean unknown = !certified && account.isNone() && services.accounts().areKnown();
        if ((unknown || !met) && !refreshed) {
            // It may be so new that it is not known yet what it demands, or demand less than it did.
            whenRefreshed(() -> accept(credential));
        } else if (!met) {
            reject(denied(credential.isEmpty() ? "NO" : "YES"));
        } else {
            step = Step.DONE;
            listener.accepted(credential, sequenceId);
        }
    }

    private boolean meets(Account.Demand demand) {
        return switch (demand) {
            case NOTHING -> true;
            case TLS -> encrypted;
            case CERTIFICATE -> certified;
            case SPECIFIED -> false;
        };
    }

    private ErrPacket denied(String usesPassword) {
        return ErrorCode.ER_ACCESS_DENIED_ERROR.toPacket(name.user(), clientHost, usesPassword);
    }

    private void reject() {
        reject(denied("YES"));
    }

    private void reject(ErrPacket error) {
        step = Step.DONE;
        listener.rejected(error, sequenceId);
    }
}
