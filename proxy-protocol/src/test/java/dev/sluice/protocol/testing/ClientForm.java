package dev.sluice.protocol.testing;

import dev.sluice.protocol.Capabilities;
import java.util.Locale;

/** A kind of client that every answer is recorded for; the name in lower case is the keyword in the capture. Immutable. */
public enum ClientForm {
    /** CLIENT_DEPRECATE_EOF and CLIENT_SESSION_TRACK, as Sluice is towards servers. */
    MODERN(Capabilities.CLIENT_DEPRECATE_EOF | Capabilities.CLIENT_SESSION_TRACK),
    /** CLIENT_SESSION_TRACK and EOF packets. */
    EOF(Capabilities.CLIENT_SESSION_TRACK),
    /** CLIENT_DEPRECATE_EOF and no session state. */
    UNTRACKED(Capabilities.CLIENT_DEPRECATE_EOF),
    /** EOF packets and no session state. */
    LEGACY(0);

    private static final int COMMON = Capabilities.CLIENT_LONG_PASSWORD
            | Capabilities.CLIENT_LONG_FLAG
            | Capabilities.CLIENT_LOCAL_FILES
            | Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_TRANSACTIONS
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_MULTI_STATEMENTS
            | Capabilities.CLIENT_MULTI_RESULTS
            | Capabilities.CLIENT_PS_MULTI_RESULTS
            | Capabilities.CLIENT_PLUGIN_AUTH;

    private final int flags;

    ClientForm(int flags) {
        this.flags = flags;
    }

    /** Everything such a client says that it can. */
    public int capabilities() {
        return COMMON | flags;
    }

    /** Whether the client has CLIENT_DEPRECATE_EOF. */
    public boolean deprecatesEof() {
        return (flags & Capabilities.CLIENT_DEPRECATE_EOF) != 0;
    }

    /** Whether the client has CLIENT_SESSION_TRACK. */
    public boolean tracksSession() {
        return (flags & Capabilities.CLIENT_SESSION_TRACK) != 0;
    }

    /** The keyword of what is recorded for it. */
    public String keyword() {
        return name().toLowerCase(Locale.ROOT);
    }
}
