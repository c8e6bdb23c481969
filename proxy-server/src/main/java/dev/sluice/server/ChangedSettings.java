package dev.sluice.server;

import dev.sluice.server.runtime.LiveSettings;
import dev.sluice.server.tls.LiveTls;
import java.util.List;

/**
 * The settings of a file that has been read again. Confined to the thread that changes the configuration.
 *
 * @param tls certificates and keys
 * @param others all else
 */
record ChangedSettings(LiveTls.Change tls, Runnable others) implements LiveSettings.Change {
    @Override
    public List<LiveTls.Renewal> renewals() {
        return tls.renewals();
    }

    @Override
    public void apply() {
        tls.apply();
        others.run();
    }
}
