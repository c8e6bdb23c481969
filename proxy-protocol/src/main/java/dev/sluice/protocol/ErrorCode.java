package dev.sluice.protocol;

import dev.sluice.protocol.packet.ErrPacket;
import java.util.Locale;

/**
 * The errors the proxy raises itself, with the number, SQLSTATE and message a MySQL server gives. Immutable.
 *
 * @see <a href="https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html">Server error reference</a>
 */
public enum ErrorCode {
    ER_CON_COUNT_ERROR(1040, "08004", "Too many connections"),
    ER_OUT_OF_RESOURCES(1041, "08004", "Out of memory; %s"),
    ER_HANDSHAKE_ERROR(1043, "08S01", "Bad handshake"),
    ER_DBACCESS_DENIED_ERROR(1044, "42000", "Access denied for user '%s'@'%s' to database '%s'"),
    ER_ACCESS_DENIED_ERROR(1045, "28000", "Access denied for user '%s'@'%s' (using password: %s)"),
    ER_UNKNOWN_COM_ERROR(1047, "08S01", "Unknown command"),
    ER_BAD_DB_ERROR(1049, "42000", "Unknown database '%s'"),
    ER_SERVER_SHUTDOWN(1053, "08S01", "Server shutdown in progress"),
    ER_PARSE_ERROR(1064, "42000", "%s near '%s' at line %d"),
    ER_NO_SUCH_THREAD(1094, "HY000", "Unknown thread id: %d"),
    ER_KILL_DENIED_ERROR(1095, "HY000", "You are not owner of thread %d"),
    ER_UNKNOWN_ERROR(1105, "HY000", "%s"),
    /**
     * A backend went away in the middle of its work. Clients know this as their own error 2013, which a server cannot
     * send; class 08 of the SQLSTATE tells drivers that the outcome is open and the connection is gone.
     */
    BACKEND_CONNECTION_LOST(1105, "08S01", "Lost connection to MySQL server during query"),
    ER_HOST_NOT_PRIVILEGED(1130, "HY000", "Host '%s' is not allowed to connect to this MySQL server"),
    ER_NET_PACKET_TOO_LARGE(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"),
    ER_NET_PACKETS_OUT_OF_ORDER(1156, "08S01", "Got packets out of order"),
    ER_NET_UNCOMPRESS_ERROR(1157, "08S01", "Couldn't uncompress communication packet"),
    ER_NET_READ_ERROR(1158, "08S01", "Got an error reading communication packets"),
    ER_NET_READ_INTERRUPTED(1159, "08S01", "Got timeout reading communication packets"),
    ER_NET_ERROR_ON_WRITE(1160, "08S01", "Got an error writing communication packets"),
    ER_NET_WRITE_INTERRUPTED(1161, "08S01", "Got timeout writing communication packets"),
    ER_TOO_MANY_USER_CONNECTIONS(
            1203, "42000", "User %s already has more than 'max_user_connections' active connections"),
    ER_USER_LIMIT_REACHED(1226, "42000", "User '%s' has exceeded the '%s' resource (current value: %d)"),
    ER_SPECIFIC_ACCESS_DENIED_ERROR(
            1227, "42000", "Access denied; you need (at least one of) the %s privilege(s) for this operation"),
    ER_NOT_SUPPORTED_YET(
            1235,
            "42000",
            "This version of MySQL doesn't yet support '%s'",
            "This version of MariaDB doesn't yet support '%s'"),
    ER_UNKNOWN_STMT_HANDLER(1243, "HY000", "Unknown prepared statement handler (%s) given to %s"),
    ER_NOT_SUPPORTED_AUTH_MODE(
            1251,
            "08004",
            "Client does not support authentication protocol requested by server; consider upgrading MySQL client"),
    ER_OPTION_PREVENTS_STATEMENT(
            1290, "HY000", "The MySQL server is running with the %s option so it cannot execute this statement"),
    ER_UNSUPPORTED_PS(1295, "HY000", "This command is not supported in the prepared statement protocol yet"),
    ER_QUERY_INTERRUPTED(1317, "70100", "Query execution was interrupted"),
    ER_STMT_HAS_NO_OPEN_CURSOR(
            1421, "HY000", "The statement (%d) has no open cursor.", "The statement (%d) has no open cursor"),
    ER_MAX_PREPARED_STMT_COUNT_REACHED(
            1461, "42000", "Can't create more than max_prepared_stmt_count statements (current value: %d)"),
    ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION(
            1792,
            "25006",
            "Cannot execute statement in a READ ONLY transaction.",
            "Cannot execute statement in a READ ONLY transaction"),
    ER_MALFORMED_PACKET(1835, "HY000", "Malformed communication packet.", "Malformed communication packet"),
    ER_READ_ONLY_MODE(1836, "HY000", "Running in read-only mode"),
    /** What MariaDB tells a client that ends its own connection. */
    ER_CONNECTION_KILLED(1927, "70100", "Connection was killed"),
    ER_SECURE_TRANSPORT_REQUIRED(
            3159, "HY000", "Connections using insecure transport are prohibited while --require_secure_transport=ON."),
    ER_CLIENT_INTERACTION_TIMEOUT(
            4031,
            "HY000",
            "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.");

    private final int code;
    private final String sqlState;
    private final String template;
    private final String mariaDbTemplate;

    ErrorCode(int code, String sqlState, String template) {
        this(code, sqlState, template, template);
    }

    ErrorCode(int code, String sqlState, String template, String mariaDbTemplate) {
        this.code = code;
        this.sqlState = sqlState;
        this.template = template;
        this.mariaDbTemplate = mariaDbTemplate;
    }

    /** MySQL's error number. */
    public int code() {
        return code;
    }

    /** Five characters. */
    public String sqlState() {
        return sqlState;
    }

    /** The message with a {@link java.util.Formatter} placeholder per argument. */
    public String template() {
        return template;
    }

    /** {@link #toPacket} in the words of MariaDB. */
    public ErrPacket toMariaDbPacket(Object... args) {
        return new ErrPacket(code, sqlState, String.format(Locale.ROOT, mariaDbTemplate, args));
    }

    /**
     * The packet for a client.
     *
     * @param args one for each placeholder of {@link #template()}
     * @throws java.util.IllegalFormatException if the arguments do not fit the template
     */
    public ErrPacket toPacket(Object... args) {
        return new ErrPacket(code, sqlState, String.format(Locale.ROOT, template, args));
    }
}
