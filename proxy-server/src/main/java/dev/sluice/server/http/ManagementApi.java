package dev.sluice.server.http;

import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.admission.Ticket;
import dev.sluice.server.config.Secret;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** What the API of the management server stands on: desk, token and who may ask. Immutable; its desk is thread-safe. */
public final class ManagementApi {
    /** Who the history says made a change. */
    static final String AUTHOR = "api";

    private final OperationDesk desk;
    private final OperatorAdmission admission;
    private final Secret token;
    private final boolean allowRemote;
    private final String document;

    /**
     * An API.
     *
     * @param admission bounds wrong tokens
     * @param allowRemote whether requests may come from another host
     * @param version of Sluice
     */
    public ManagementApi(
            OperationDesk desk, OperatorAdmission admission, Secret token, boolean allowRemote, String version) {
        this.desk = desk;
        this.admission = admission;
        this.token = token;
        this.allowRemote = allowRemote;
        this.document = OpenApi.document(version);
    }

    OperationDesk desk() {
        return desk;
    }

    /** The attempts of whoever is at the other end of a connection. */
    Ticket attempts(Channel channel) {
        InetAddress from = channel.remoteAddress() instanceof InetSocketAddress remote ? remote.getAddress() : null;
        return admission.ticket(from, address(channel));
    }

    /** Where a connection comes from, for logs. */
    static String address(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote && remote.getAddress() != null
                ? remote.getAddress().getHostAddress() + ":" + remote.getPort()
                : String.valueOf(channel.remoteAddress());
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
