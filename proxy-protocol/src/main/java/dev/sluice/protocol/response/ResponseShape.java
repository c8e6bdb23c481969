package dev.sluice.protocol.response;

/**
 * The forms a response can have; the command decides which. Immutable.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response.html">COM_QUERY response</a>
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html">COM_STMT_PREPARE
 *     response</a>
 */
public enum ResponseShape {
    /** Any number of results, each an OK, a result set or a LOCAL INFILE request, or an ERR: COM_QUERY, COM_STMT_EXECUTE. */
    QUERY,
    /** COM_STMT_PREPARE: PREPARE_OK, then definitions of parameters and of columns, or ERR. */
    PREPARE,
    /** COM_FIELD_LIST: definitions up to an end packet, or ERR. */
    FIELD_LIST,
    /** One OK, EOF or ERR. */
    SIMPLE,
    /** COM_STATISTICS: one packet of text. */
    STATISTICS,
    /** COM_STMT_FETCH: rows up to an end packet, or ERR. */
    FETCH,
    /** COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID: events, maybe for ever, up to an end packet or ERR. */
    BINLOG
}
