package dev.sluice.protocol.response;

/** Where {@link ResponseScanner} stands; its Javadoc has the diagram. Immutable. */
enum Phase {
    /** A result starts: its first byte tells which kind. */
    FIRST,
    /** The frontend's file is on its way; one answer follows it, with a sequence id that the frontend decided. */
    INFILE,
    /** Definitions of parameters or columns, as many as announced. */
    DEFINITIONS,
    /** Behind the last definition of a group, where older frontends expect an EOF. */
    BOUNDARY,
    /** Rows, or the definitions of COM_FIELD_LIST, until an end packet. */
    ROWS,
    /** The response is over. */
    COMPLETE
}
