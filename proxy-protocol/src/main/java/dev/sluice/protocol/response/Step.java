package dev.sluice.protocol.response;

/** What {@link ResponseScanner#next} found. Immutable. */
public enum Step {
    /** A header or a control packet is not there as a whole; nothing was consumed by this call. */
    NEED_MORE,
    /** The consumed bytes are forwarded as they are: counts, definitions, rows, parts of any of them. */
    RELAY,
    /**
     * Nothing was consumed, and an EOF packet is to be inserted here with {@link ResponseScanner#eofSequenceId()}. Only
     * for frontends that know no CLIENT_DEPRECATE_EOF.
     */
    COLUMNS_END,
    /** An OK packet with header 0x00. */
    OK,
    /**
     * A packet with header 0xFE and the fields of an OK, which ends rows or definitions and answers COM_SET_OPTION; for a
     * frontend without CLIENT_DEPRECATE_EOF an EOF packet has to take its place.
     */
    ROWS_END,
    /** A single EOF packet of five bytes, from servers that do not deprecate it; every frontend understands it. */
    EOF_PACKET,
    /** An ERR packet; it ends the response. */
    ERR,
    /** The server asks for the contents of a file; the frontend's packets are due before the scan goes on. */
    LOCAL_INFILE,
    /** The first packet of the answer to COM_STMT_PREPARE. */
    PREPARE_OK,
    /** The text of COM_STATISTICS. */
    TEXT
}
