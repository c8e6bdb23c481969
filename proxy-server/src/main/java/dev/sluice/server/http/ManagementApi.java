package dev.sluice.server.http;

import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.config.Secret;

/** What the API of the management server stands on: desk, token and who may ask. Immutable; its desk is thread-safe. */
public final class ManagementApi {
    /** Who the history says made a change. */
    static final String AUTHOR = "api";

    private final OperationDesk desk;
    private final Secret token;
    private final boolean allowRemote;
    private final String document;

    /**
     * An API.
     *
     * @param allowRemote whether requests may come from another host
     * @param version of Sluice
     */
    public ManagementApi(OperationDesk desk, Secret token, boolean allowRemote, String version) {
        this.desk = desk;
        this.token = token;
        this.allowRemote = allowRemote;
        this.document = OpenApi.document(version);
    }

    OperationDesk desk() {
        return desk;
    }

    boolean allowRemote() {
        return allowRemote;
    }

    /** Compares in constant time. */
    boolean accepts(String given) {
        return token.equals(Secret.of(given));
    }

    String document() {
        return document;
    }
}
