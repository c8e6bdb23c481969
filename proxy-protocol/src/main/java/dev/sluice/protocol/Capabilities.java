package dev.sluice.protocol;

import java.util.StringJoiner;

/**
 * The capability flags of the handshake. Thread-safe: constants and functions only.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html">Capabilities
 *     flags</a>
 */
public final class Capabilities {
    /** Set by every MySQL server; MariaDB leaves it out to say that it has extended capabilities. */
    public static final int CLIENT_LONG_PASSWORD = 1 << 0;

    /** Affected rows count the rows found, not the rows changed. */
    public static final int CLIENT_FOUND_ROWS = 1 << 1;

    /** Column flags of two bytes. */
    public static final int CLIENT_LONG_FLAG = 1 << 2;

    /** The handshake response names a schema. */
    public static final int CLIENT_CONNECT_WITH_DB = 1 << 3;

    /** Refuses {@code schema.table.column}. */
    public static final int CLIENT_NO_SCHEMA = 1 << 4;

    /** Packets are compressed with zlib. */
    public static final int CLIENT_COMPRESS = 1 << 5;

    /** Once for ODBC; without effect. */
    public static final int CLIENT_ODBC = 1 << 6;

    /** The client can serve LOAD DATA LOCAL. */
    public static final int CLIENT_LOCAL_FILES = 1 << 7;

    /** Spaces are allowed between a function's name and its parenthesis: changes how SQL is read. */
    public static final int CLIENT_IGNORE_SPACE = 1 << 8;

    /** The protocol of MySQL 4.1, the only one spoken here. */
    public static final int CLIENT_PROTOCOL_41 = 1 << 9;

    /** interactive_timeout instead of wait_timeout. */
    public static final int CLIENT_INTERACTIVE = 1 << 10;

    /** Switches to TLS after a short first packet. */
    public static final int CLIENT_SSL = 1 << 11;

    /** Client-side only. */
    public static final int CLIENT_IGNORE_SIGPIPE = 1 << 12;

    /** Status flags speak of transactions. */
    public static final int CLIENT_TRANSACTIONS = 1 << 13;

    /** Once the 4.1 protocol; set by some clients. */
    public static final int CLIENT_RESERVED = 1 << 14;

    /** Authentication data is preceded by its length. */
    public static final int CLIENT_SECURE_CONNECTION = 1 << 15;

    /** COM_QUERY may hold several statements. */
    public static final int CLIENT_MULTI_STATEMENTS = 1 << 16;

    /** COM_QUERY may be answered by several results. */
    public static final int CLIENT_MULTI_RESULTS = 1 << 17;

    /** COM_STMT_EXECUTE may be answered by several results. */
    public static final int CLIENT_PS_MULTI_RESULTS = 1 << 18;

    /** Authentication plugins are named. */
    public static final int CLIENT_PLUGIN_AUTH = 1 << 19;

    /** The handshake response carries connection attributes. */
    public static final int CLIENT_CONNECT_ATTRS = 1 << 20;

    /** Authentication data may be longer than 255 bytes. */
    public static final int CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA = 1 << 21;

    /** Login with an expired password opens a restricted session. */
    public static final int CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS = 1 << 22;

    /** OK packets carry changes of the session's state. */
    public static final int CLIENT_SESSION_TRACK = 1 << 23;

    /** Result sets end with an OK packet and have no EOF packet after their columns. */
    public static final int CLIENT_DEPRECATE_EOF = 1 << 24;

    /** Result sets may come without column definitions. */
    public static final int CLIENT_OPTIONAL_RESULTSET_METADATA = 1 << 25;

    /** Packets are compressed with zstd. */
    public static final int CLIENT_ZSTD_COMPRESSION_ALGORITHM = 1 << 26;

    /** COM_QUERY and COM_STMT_EXECUTE carry attributes in front of the statement. */
    public static final int CLIENT_QUERY_ATTRIBUTES = 1 << 27;

    /** More than one authentication method in turn. */
    public static final int CLIENT_MULTI_FACTOR_AUTHENTICATION = 1 << 28;

    /** Reserved for more flags. */
    public static final int CLIENT_CAPABILITY_EXTENSION = 1 << 29;

    /** Client-side only. */
    public static final int CLIENT_SSL_VERIFY_SERVER_CERT = 1 << 30;

    /** Client-side only; by value an int's sign bit. */
    public static final int CLIENT_REMEMBER_OPTIONS = 1 << 31;

    /** Names by bit, lowest first. */
    private static final String[] NAMES = {
        "CLIENT_LONG_PASSWORD",
        "CLIENT_FOUND_ROWS",
        "CLIENT_LONG_FLAG",
        "CLIENT_CONNECT_WITH_DB",
        "CLIENT_NO_SCHEMA",
        "CLIENT_COMPRESS",
        "CLIENT_ODBC",
        "CLIENT_LOCAL_FILES",
        "CLIENT_IGNORE_SPACE",
        "CLIENT_PROTOCOL_41",
        "CLIENT_INTERACTIVE",
        "CLIENT_SSL",
        "CLIENT_IGNORE_SIGPIPE",
        "CLIENT_TRANSACTIONS",
        "CLIENT_RESERVED",
        "CLIENT_SECURE_CONNECTION",
        "CLIENT_MULTI_STATEMENTS",
        "CLIENT_MULTI_RESULTS",
        "CLIENT_PS_MULTI_RESULTS",
        "CLIENT_PLUGIN_AUTH",
        "CLIENT_CONNECT_ATTRS",
        "CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA",
        "CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS",
        "CLIENT_SESSION_TRACK",
        "CLIENT_DEPRECATE_EOF",
        "CLIENT_OPTIONAL_RESULTSET_METADATA",
        "CLIENT_ZSTD_COMPRESSION_ALGORITHM",
        "CLIENT_QUERY_ATTRIBUTES",
        "CLIENT_MULTI_FACTOR_AUTHENTICATION",
        "CLIENT_CAPABILITY_EXTENSION",
        "CLIENT_SSL_VERIFY_SERVER_CERT",
        "CLIENT_REMEMBER_OPTIONS"
    };

    private Capabilities() {}

    /** Whether all of the wanted flags are set. */
    public static boolean has(int capabilities, int wanted) {
        return (capabilities & wanted) == wanted;
    }

    /** The names of the set flags from the lowest bit up, joined by {@code |}; {@code 0} if none is set. */
    public static String describe(int capabilities) {
        StringJoiner names = new StringJoiner("|").setEmptyValue("0");
        for (int bit = 0; bit < NAMES.length; bit++) {
            if ((capabilities & (1 << bit)) != 0) {
                names.add(NAMES[bit]);
            }
        }
        return names.toString();
    }
}
