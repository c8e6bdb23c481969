package dev.sluice.server.localcluster;

import java.util.ArrayList;
import java.util.List;

/**
 * A list of flavours of which the first that this machine can run is taken.
 *
 * <p>Immutable.
 */
final class FirstUsableFlavor implements ServerFlavor {
    private final List<ServerFlavor> candidates;

    FirstUsableFlavor(ServerFlavor... candidates) {
        this.candidates = List.of(candidates);
    }

    @Override
    public String name() {
        return "auto";
    }

    @Override
    public ServerInstallation install(ServerCache cache, ProgressListener progress) {
        List<String> reasons = new ArrayList<>();
        for (ServerFlavor candidate : candidates) {
            try {
                ServerInstallation installation = candidate.install(cache, progress);
                if (!reasons.isEmpty()) {
                    progress.progress("Running " + installation.description() + " instead.");
                }
                return installation;
            } catch (ServerUnavailableException unavailable) {
                reasons.add(String.valueOf(unavailable.getMessage()));
                progress.progress("Not usable here: " + candidate.name() + ". " + unavailable.getMessage());
            }
        }
        throw new ServerUnavailableException("No database server runs on this machine. " + String.join(" ", reasons));
    }
}
