package dev.sluice.server.localcluster;

/**
 * A flavour that this machine cannot run, where another one may: a missing library, a foreign processor, no download.
 *
 * <p>Immutable.
 */
public final class ServerUnavailableException extends LocalClusterException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception whose message is shown to the user as it is. */
    public ServerUnavailableException(String message) {
        super(message);
    }
}
