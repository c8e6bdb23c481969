package dev.sluice.server.runtime;

import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.tls.LiveTls;
import dev.sluice.server.tls.TlsException;
import java.util.List;

/** Settings that can change while Sluice runs. Called by one thread at a time. */
public interface LiveSettings {
    /**
     * Looks whether they can be had, and changes nothing.
     *
     * @throws TlsException if a certificate or key cannot serve
     */
    Change prepare(SluiceConfig config) throws TlsException;

    /** What has been found good. */
    interface Change {
        /** The files with other certificates than before. */
        List<LiveTls.Renewal> renewals();

        /** Puts the settings in force. */
        void apply();
    }
}
