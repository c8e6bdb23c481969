package dev.sluice.router.sql;

/**
 * What a session's sql_mode and character_set_client make of the bytes of a statement: the same text means different
 * things in different modes. There are few of them and {@link #of} hands out shared instances. Immutable.
 *
 * @param ansiQuotes a double quote encloses an identifier instead of a string
 * @param noBackslashEscapes a backslash in a string is an ordinary character
 * @param ignoreSpace white space between the name of a built-in function and its parenthesis is allowed
 * @param charset the lexical rules of character_set_client
 */
public record LexicalMode(boolean ansiQuotes, boolean noBackslashEscapes, boolean ignoreSpace, LexicalCharset charset) {

    /** How many modes there are. */
    static final int COUNT = LexicalCharset.values().length * 8;

    private static final LexicalMode[] INTERNED = internAll();

    /** utf8mb4 with none of the sql_mode flags that change how text is read. */
    public static final LexicalMode DEFAULT = of(false, false, false, LexicalCharset.UTF8);

    /** The shared instance of a mode. */
    public static LexicalMode of(
            boolean ansiQuotes, boolean noBackslashEscapes, boolean ignoreSpace, LexicalCharset charset) {
        return INTERNED[index(ansiQuotes, noBackslashEscapes, ignoreSpace, charset)];
    }

    /** A small number that differs between modes, for cache keys. */
    int index() {
        return index(ansiQuotes, noBackslashEscapes, ignoreSpace, charset);
    }

    // The number lives in memory only: the order of the constants may change freely.
    @SuppressWarnings("EnumOrdinal")
    private static int index(boolean ansiQuotes, boolean noBackslashEscapes, boolean ignoreSpace, LexicalCharset c) {
        return c.ordinal() * 8 + (ansiQuotes ? 4 : 0) + (noBackslashEscapes ? 2 : 0) + (ignoreSpace ? 1 : 0);
    }

    @SuppressWarnings("EnumOrdinal")
    private static LexicalMode[] internAll() {
        LexicalCharset[] charsets = LexicalCharset.values();
        LexicalMode[] all = new LexicalMode[charsets.length * 8];
        for (int i = 0; i < all.length; i++) {
            all[i] = new LexicalMode((i & 4) != 0, (i & 2) != 0, (i & 1) != 0, charsets[i / 8]);
        }
        return all;
    }
}
