package dev.sluice.router.sql;

import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of a statement into tokens the way the server's own lexer does, one at a time and without making
 * objects. White space and ordinary comments vanish; the content of version comments is read as code.
 * Confined to the session's event loop.
 */
final class TokenCursor {
    static final int END = 0;
    static final int WORD = 1;
    static final int QUOTED_NAME = 2;
    static final int NUMBER = 3;
    static final int STRING = 4;
    static final int PLACEHOLDER = 5;
    static final int USER_VARIABLE = 6;
    static final int SYSTEM_VARIABLE = 7;
    static final int ASSIGNMENT = 8;
    static final int HINT = 9;
    static final int SYMBOL = 10;

    private byte[] bytes = new byte[0];
    private int position;
    private int limit;
    private LexicalMode mode = LexicalMode.DEFAULT;

    private int type;
    private int symbol;
    private int start;
    private int previousEnd;
    /**
     * The number of the word in the vocabulary, 0 if it is not in there. A number and no reference: storing references
     * in long-lived objects makes collectors do work for each token.
     */
    private int wordId;
    /** The first eight bytes of a {@link #WORD}. */
    private long wordHead;

    private boolean versionCommentOpen;
    private long textTraits;

    void reset(byte[] newBytes, int offset, int length, LexicalMode newMode) {
        if (bytes != newBytes) {
            bytes = newBytes;
        }
        position = offset;
        limit = offset + length;
        mode = newMode;
        type = END;
        symbol = 0;
        start = offset;
        previousEnd = -1;
        wordId = 0;
        versionCommentOpen = false;
        textTraits = 0;
    }

    byte[] bytes() {
        return bytes;
    }

    int type() {
        return type;
    }

    /** The character of a {@link #SYMBOL}, else 0. */
    int symbol() {
        return symbol;
    }

    int start() {
        return start;
    }

    int length() {
        return position - start;
    }

    /** Whether the token follows the one before it without a gap. */
    boolean isAdjacent() {
        return start == previousEnd;
    }

    /** Whether a parenthesis follows, perhaps behind white space. */
    boolean isCalled() {
        int p = CharacterClass.skipSpace(bytes, position, limit);
        return p < limit && bytes[p] == '(';
    }

    /** What is known about a {@link #WORD}; null for any other name. */
    @Nullable
    Word word() {
        return wordId == 0 ? null : Vocabulary.WORDS.get(wordId);
    }

    /** The number of that word, or 0. */
    int wordId() {
        return wordId;
    }

    /** The first eight bytes of a {@link #WORD}, as {@link PackedBytes#read} has them. */
    long wordHead() {
        return wordHead;
    }

    /** {@link Traits} that show in how the text is written, complete at {@link #END}. */
    long textTraits() {
        return textTraits;
    }

    /** Moves to the next token and returns its type. */
    int next() {
        previousEnd = type == END ? -1 : position;
        boolean behindDot = symbol == '.';
        wordId = 0;
        symbol = 0;
        byte[] text = bytes;
        int end = limit;
        while (true) {
            int p = position;
            int kind = CharacterClass.SPACE;
            while (p < end) {
                kind = CharacterClass.of(text[p]);
                if (kind != CharacterClass.SPACE) {
                    break;
                }
                p++;
            }
            position = p;
            if (p >= end) {
                return end();
            }
            start = p;
            boolean name = behindDot && p == previousEnd;
            int found = kind == CharacterClass.LETTER ? lexWord(name) : lexOther(kind, text[p], name);
            if (found != END) {
                type = found;
                return found;
            }
        }
    }

    /** From the comma at hand passes over plain numbers in front of other commas: to the last one, as if all had been read. */
    void skipNumbers() {
        byte[] text = bytes;
        int comma = start;
        while (true) {
            int p = CharacterClass.skipSpace(text, comma + 1, limit);
            int end = CharacterClass.skipDigits(text, p, limit);
            if (end == p || end >= limit || text[end] != ',') {
                break;
            }
            comma = end;
        }
        start = comma;
        position = comma + 1;
    }

    private int lexOther(int kind, int c, boolean behindDot) {
        return switch (kind) {
            case CharacterClass.SYMBOL -> lexSymbol(c);
            case CharacterClass.DIGIT -> lexNumber(behindDot);
            case CharacterClass.SINGLE_QUOTE -> lexString('\'');
            case CharacterClass.DOUBLE_QUOTE -> mode.ansiQuotes() ? lexQuotedName('"') : lexString('"');
            case CharacterClass.BACKTICK -> lexQuotedName('`');
            case CharacterClass.SLASH -> lexSlash();
            case CharacterClass.STAR -> lexStar();
            case CharacterClass.DASH -> lexDash();
            case CharacterClass.HASH -> skipLine();
            case CharacterClass.AT -> lexVariable();
            case CharacterClass.DOT -> lexDot();
            case CharacterClass.COLON -> lexColon();
            case CharacterClass.QUESTION -> single(PLACEHOLDER);
            default -> lexStray(c);
        };
    }

    private int end() {
        if (versionCommentOpen) {
            textTraits |= Traits.AMBIGUOUS_TEXT;
        }
        start = limit;
        type = END;
        return END;
    }

    private int single(int tokenType) {
        position++;
        return tokenType;
    }

    private int lexSymbol(int c) {
        position++;
        symbol = c;
        return SYMBOL;
    }

    /** A byte that no statement has outside quotes; the server refuses it or reads it by its character set. */
    private int lexStray(int c) {
        textTraits |= Traits.AMBIGUOUS_TEXT;
        position++;
        symbol = c & 0xFF;
        return SYMBOL;
    }

    private int lexWord(boolean behindDot) {
        byte[] text = bytes;
        int first = start;
        int p = CharacterClass.skipAsciiName(text, first, limit);
        if (p < limit && text[p] < 0) {
            p = CharacterClass.skipName(text, p, limit);
            noteUnusualName(true);
        } else if (text[first] == '$') {
            noteUnusualName(false);
        }
        position = p;
        int length = p - first;
        if (length == 1 && p < limit && text[p] == '\'' && !behindDot && isLiteralPrefix(text[first])) {
            return lexString('\'');
        }
        wordHead = PackedBytes.read(text, first, length);
        int found = Vocabulary.WORDS.findId(PackedBytes.folded(wordHead, length), text, first, length);
        wordId = behindDot && found != 0 ? Vocabulary.behindDot(found) : found;
        return WORD;
    }

    private void noteUnusualName(boolean beyondAscii) {
        if (!beyondAscii || mode.charset() != LexicalCharset.UTF8 || bytes[start] == '$') {
            textTraits |= Traits.AMBIGUOUS_TEXT;
        }
    }

    private static boolean isLiteralPrefix(int c) {
        int folded = c | 0x20;
        return folded == 'n' || folded == 'x' || folded == 'b';
    }

    /** A number, or a name that starts with digits; behind a dot always a name. */
    private int lexNumber(boolean behindDot) {
        if (behindDot) {
            return lexWord(true);
        }
        int p = position;
        if (bytes[p] == '0' && p + 2 < limit && (bytes[p + 1] == 'x' || bytes[p + 1] == 'b')) {
            int q = CharacterClass.skipRadixDigits(bytes, p + 2, limit, bytes[p + 1] == 'x');
            if (q > p + 2 && (q == limit || !CharacterClass.isNamePart(bytes[q]))) {
                position = q;
                return NUMBER;
            }
        }
        p = CharacterClass.skipDigits(bytes, p, limit);
        if (p < limit && (bytes[p] | 0x20) == 'e') {
            int exponent = CharacterClass.exponentEnd(bytes, p, limit);
            if (exponent > 0) {
                position = exponent;
                return NUMBER;
            }
        }
        if (p < limit && CharacterClass.isNamePart(bytes[p])) {
            return lexWord(false);
        }
        return p < limit && bytes[p] == '.' ? lexFraction(p) : endNumber(p);
    }

    /** The rest of a number from its point on. */
    private int lexFraction(int point) {
        int p = CharacterClass.skipDigits(bytes, point + 1, limit);
        if (p < limit && (bytes[p] | 0x20) == 'e') {
            int exponent = CharacterClass.exponentEnd(bytes, p, limit);
            if (exponent > 0) {
                return endNumber(exponent);
            }
        }
        return endNumber(p);
    }

    private int endNumber(int end) {
        position = end;
        return NUMBER;
    }

    private int lexString(int quote) {
        position = QuotedText.stringEnd(bytes, position + 1, limit, quote, mode);
        return closeQuoted(STRING);
    }

    private int lexQuotedName(int quote) {
        int end = QuotedText.nameEnd(bytes, position + 1, limit, quote, mode);
        position = end;
        return closeQuoted(QUOTED_NAME);
    }

    private int closeQuoted(int tokenType) {
        if (position < 0) {
            textTraits |= Traits.AMBIGUOUS_TEXT;
            position = limit;
        }
        return tokenType;
    }

    private int lexSlash() {
        if (position + 1 >= limit || bytes[position + 1] != '*') {
            return lexSymbol('/');
        }
        int p = position + 2;
        int c = p < limit ? bytes[p] : 0;
        if (c == '!' || (c == 'M' && p + 1 < limit && bytes[p + 1] == '!')) {
            return openVersionComment(c == '!' ? p + 1 : p + 2);
        }
        int end = p;
        while (end + 1 < limit && !(bytes[end] == '*' && bytes[end + 1] == '/')) {
            end++;
        }
        if (end + 1 >= limit) {
            textTraits |= Traits.AMBIGUOUS_TEXT;
            position = limit;
            return END;
        }
        position = end + 2;
        if (c == '+') {
            return hint(p);
        }
        textTraits |= CommentHint.traits(bytes, p, end);
        return END;
    }

    /** Quotes in a hint may hide its end from us: such text is ambiguous. */
    private int hint(int textStart) {
        textTraits |= HintText.traits(bytes, textStart, position - 2);
        return HINT;
    }

    private int openVersionComment(int contentStart) {
        textTraits |= Traits.EXECUTABLE_COMMENT;
        if (versionCommentOpen) {
            textTraits |= Traits.AMBIGUOUS_TEXT;
        }
        versionCommentOpen = true;
        int p = contentStart;
        int versionEnd = Math.min(limit, contentStart + 6);
        while (p < versionEnd && bytes[p] >= '0' && bytes[p] <= '9') {
            p++;
        }
        position = p;
        return END;
    }

    private int lexStar() {
        if (versionCommentOpen && position + 1 < limit && bytes[position + 1] == '/') {
            versionCommentOpen = false;
            position += 2;
            return END;
        }
        return lexSymbol('*');
    }

    /** Two dashes start a comment only in front of white space, a control character or the end. */
    private int lexDash() {
        if (position + 1 < limit && bytes[position + 1] == '-') {
            int after = position + 2 < limit ? bytes[position + 2] : 0;
            if (after < 0) {
                // White space in some character sets: the server may see a comment here.
                textTraits |= mode.charset() == LexicalCharset.UTF8 ? 0 : Traits.AMBIGUOUS_TEXT;
            } else if (after <= ' ' || after == 0x7F) {
                return skipLine();
            }
        }
        return lexSymbol('-');
    }

    private int skipLine() {
        int p = position;
        while (p < limit && bytes[p] != '\n') {
            if (bytes[p] == 0) {
                // The server ends the comment here.
                textTraits |= Traits.AMBIGUOUS_TEXT;
            }
            p++;
        }
        position = p;
        return END;
    }

    private int lexVariable() {
        int p = position + 1;
        if (p < limit && bytes[p] == '@') {
            position = QuotedText.systemVariableEnd(bytes, p + 1, limit);
            return SYSTEM_VARIABLE;
        }
        if (p < limit && (bytes[p] == '`' || bytes[p] == '\'' || bytes[p] == '"')) {
            position = p;
            int quote = bytes[p];
            boolean name = quote == '`' || (quote == '"' && mode.ansiQuotes());
            position = name
                    ? QuotedText.nameEnd(bytes, p + 1, limit, quote, mode)
                    : QuotedText.stringEnd(bytes, p + 1, limit, quote, mode);
            return closeQuoted(USER_VARIABLE);
        }
        while (p < limit && (CharacterClass.isNamePart(bytes[p]) || bytes[p] == '.')) {
            p++;
        }
        position = p;
        return USER_VARIABLE;
    }

    private int lexDot() {
        boolean behindName = start == previousEnd && (type == WORD || type == QUOTED_NAME);
        if (!behindName && position + 1 < limit && CharacterClass.of(bytes[position + 1]) == CharacterClass.DIGIT) {
            return lexFraction(position);
        }
        return lexSymbol('.');
    }

    private int lexColon() {
        if (position + 1 < limit && bytes[position + 1] == '=') {
            position += 2;
            return ASSIGNMENT;
        }
        return lexSymbol(':');
    }
}
