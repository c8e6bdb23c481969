package dev.sluice.protocol.testing;

/**
 * Everything that can be part of a server's answer to a command. An answer has several of them: that of a stored procedure
 * with rows is {@link #ROWS}, {@link #MULTI} and more. The constants' short names head the columns of the matrix of commands
 * and replies. Immutable.
 */
public enum ReplyKind {
    /** No byte at all. */
    NONE("none"),
    /** An OK packet without session state. */
    OK("ok"),
    /** An OK packet with session state. */
    OK_STATE("oks"),
    /** An ERR packet and nothing before it. */
    ERR("err"),
    /** An ERR packet behind column definitions and before the first row. */
    ERR_AFTER_COLUMNS("errc"),
    /** An ERR packet behind rows. */
    ERR_AFTER_ROWS("errr"),
    /** An ERR packet behind a whole result. */
    ERR_AFTER_RESULT("erra"),
    /** One packet that begins with 0xFE and is the whole answer. */
    END("end"),
    /** Text without a header. */
    TEXT("text"),
    /** Columns and no row. */
    EMPTY("empt"),
    /** Columns and rows. */
    ROWS("rows"),
    /** A row whose first byte is 0xFB: its first value is NULL. */
    ROW_FB("fb"),
    /** A row whose first byte is 0x00: an empty string, or any row of the binary protocol. */
    ROW_00("00"),
    /** A row whose first byte is 0xFC: its first value has 251 bytes or more. */
    ROW_FC("fc"),
    /** A row whose first byte is 0xFD: its first value has 64 KiB or more. */
    ROW_FD("fd"),
    /** A row whose first byte is 0xFE: its first value has 16 MiB or more. */
    ROW_FE("fe"),
    /** A row of several packets. */
    ROW_SPLIT("splt"),
    /** The end of the rows carries session state; only clients with CLIENT_DEPRECATE_EOF can be told. */
    END_STATE("ends"),
    /** Several results. */
    MULTI("mult"),
    /** A result that holds the OUT parameters of a stored procedure. */
    OUT_PARAMETERS("outp"),
    /** A request for the client's file. */
    LOCAL_INFILE("infl"),
    /** Columns, and an open cursor in place of rows. */
    CURSOR("curs"),
    /** Rows of a cursor that has more. */
    FETCHED("ftch"),
    /** The last rows of a cursor. */
    FETCHED_LAST("last"),
    /** A prepared statement with neither parameters nor columns. */
    PREPARED("p--"),
    /** A prepared statement with parameters only. */
    PREPARED_PARAMETERS("pp-"),
    /** A prepared statement with columns only. */
    PREPARED_COLUMNS("p-c"),
    /** A prepared statement with parameters and columns. */
    PREPARED_BOTH("ppc"),
    /** Column definitions without a count. */
    DEFINITIONS("defs"),
    /** Events of a binary log. */
    EVENTS("evnt"),
    /** A request to authenticate in another way. */
    AUTH_SWITCH("asw"),
    /** More data of the way to authenticate. */
    AUTH_MORE("amor");

    private final String shortName;

    ReplyKind(String shortName) {
        this.shortName = shortName;
    }

    /** The head of its column in the matrix. */
    public String shortName() {
        return shortName;
    }
}
