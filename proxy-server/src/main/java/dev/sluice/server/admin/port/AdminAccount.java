package dev.sluice.server.admin.port;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.auth.LoginName;
import dev.sluice.server.config.AdminConfig;
import dev.sluice.server.monitor.Account;
import dev.sluice.server.monitor.AccountChoice;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;

/**
 * The one account of the admin port. Its password is known in the clear, so that a client may begin with either of the
 * two plugins, and no server is asked. Thread-safe: its cache is, and the rest is immutable.
 */
final class AdminAccount {
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final String user;
    private final byte[] password;
    private final CredentialCache proven = new CredentialCache(FOR_EVER, 1);
    private final AuthServices sha2;
    private final AuthServices nativePassword;

    AdminAccount(AdminConfig.Port port, RsaKeys rsaKeys) {
        this.user = port.user();
        this.password = port.password().reveal().getBytes(StandardCharsets.UTF_8);
        String stored = NativePassword.authenticationString(password);
        this.sha2 = new AuthServices(proven, name -> AccountChoice.NONE, rsaKeys, false);
        // For whatever name: whether it is the right one is decided together with the password.
        this.nativePassword = new AuthServices(
                new CredentialCache(FOR_EVER, 1),
                name -> AccountChoice.of(Account.unlisted(name.user(), NativePassword.NAME, stored)),
                rsaKeys,
                false);
    }

    String user() {
        return user;
    }

    /** What the exchange needs for a client that begins with this plugin. */
    AuthServices services(String plugin) {
        if (plugin.equals(NativePassword.NAME)) {
            return nativePassword;
        }
        // A refusal elsewhere may have made the cache forget it.
        proven.proved(Credential.ofPassword(LoginName.of(user), password.clone()), proven.changes());
        return sha2;
    }

    /** Decides about user and password at once. */
    CredentialProver prover(String clientHost) {
        return (credential, verdict) -> {
            // Both are always compared: the time taken must not tell which of them was wrong.
            boolean rightPassword = credential.proves(password);
            boolean rightUser = sameUser(credential.user());
            if (rightPassword && rightUser) {
                verdict.proved();
            } else {
                String usesPassword = credential.isEmpty() ? "NO" : "YES";
                verdict.refused(ErrorCode.ER_ACCESS_DENIED_ERROR.toPacket(credential.user(), clientHost, usesPassword));
            }
        };
    }

    private boolean sameUser(String name) {
        return MessageDigest.isEqual(name.getBytes(StandardCharsets.UTF_8), user.getBytes(StandardCharsets.UTF_8));
    }
}
