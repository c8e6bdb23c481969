package dev.sluice.server.auth;

import static java.util.Objects.requireNonNull;

import dev.sluice.protocol.Packet;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.monitor.Account;
import dev.sluice.server.monitor.AccountChoice;
import dev.sluice.server.monitor.Accounts;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A login of a client, with a backend and accounts that do what the test says. Confined to the thread of the test. */
abstract class LoginExchange {
    static final String SHA2 = "caching_sha2_password";
    static final String NATIVE = "mysql_native_password";
    static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    static final byte[] SECRET = "secret".getBytes(StandardCharsets.UTF_8);
    static final RsaKeys KEYS = RsaKeys.generate();
    static final ErrPacket DENIED = new ErrPacket(1045, "28000", "the backend said no");

    final CredentialCache cache = new CredentialCache(Duration.ofMinutes(1), 10);
    final Map<String, Account> accounts = new HashMap<>();
    /** Those of one host. */
    final Map<LoginName, AccountChoice> accountsAtHosts = new HashMap<>();

    boolean clientHosts;
    InetAddress clientAddress = NetUtil.createInetAddressFromIpAddressString("10.0.0.9");
    final List<Credential> proving = new ArrayList<>();
    final List<Packet> sent = new ArrayList<>();
    final List<String> log = new ArrayList<>();
    CredentialProver.@Nullable Verdict verdict;

    @Nullable
    Credential accepted;

    @Nullable
    ErrPacket error;

    /** What is found out when accounts are read again. */
    @FunctionalInterface
    interface Discovery {
        void run() throws Exception;
    }

    Discovery whenRefreshed = () -> {};
    boolean accountsKnown;

    final AuthServices.Accounts directory = new AuthServices.Accounts() {
        @Override
        public AccountChoice lookup(LoginName name) {
            Account account = accounts.get(name.user());
            return accountsAtHosts.getOrDefault(name, account == null ? AccountChoice.NONE : AccountChoice.of(account));
        }

        @Override
        public boolean areKnown() {
            return accountsKnown;
        }

        @Override
        public CompletableFuture<Void> refreshed() {
            log.add("refresh");
            try {
                whenRefreshed.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return CompletableFuture.completedFuture(null);
        }
    };

    ClientAuthentication login(boolean encrypted) {
        return login(encrypted, false);
    }

    ClientAuthentication login(boolean encrypted, boolean certified) {
        return new ClientAuthentication(
                new AuthServices(cache, directory, KEYS, clientHosts),
                (credential, given) -> {
                    proving.add(credential);
                    verdict = given;
                    log.add("prove");
                },
                new ClientAuthentication.Listener() {
                    @Override
                    public void send(int sequenceId, Packet packet) {
                        sent.add(packet);
                        log.add(sequenceId + " " + packet.getClass().getSimpleName());
                    }

                    @Override
                    public Executor executor() {
                        return Runnable::run;
                    }

                    @Override
                    public void accepted(Credential credential, int sequenceId) {
                        accepted = credential;
                        log.add(sequenceId + " accepted");
                    }

                    @Override
                    public void rejected(ErrPacket refusal, int sequenceId) {
                        error = refusal;
                        log.add(sequenceId + " rejected");
                    }
                },
                new ClientAuthentication.Client(clientAddress.getHostAddress(), clientAddress, encrypted, certified),
                NONCE);
    }

    void decide(boolean proved) {
        CredentialProver.Verdict open = requireNonNull(verdict, "nothing is being proved");
        if (proved) {
            open.proved();
        } else {
            open.refused(DENIED);
        }
    }

    byte[] moreData(int index) {
        return ((AuthMoreData) sent.get(index)).data();
    }

    /** An account of mysql_native_password, stored as the server stores it. */
    void nativeAccount(byte[] password) throws Exception {
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
        byte[] stage2 = sha1.digest(sha1.digest(password));
        String stored = "*" + HexFormat.of().formatHex(stage2).toUpperCase(Locale.ROOT);
        accounts.put("app", Accounts.of("app", NATIVE, stored));
    }
}
