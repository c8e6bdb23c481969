package dev.sluice.router.sql;

/**
 * Collects the traits of one statement that can stand anywhere in it: locking clauses, INTO, variables, functions,
 * server tables, writes behind common table expressions. Confined to the session's event loop.
 *
 * <p>It keeps the last two tokens only. What a name in front of a parenthesis is depends on them: a call, a list of
 * columns, or a word of the grammar.
 */
final class TraitCollector {
    private final VerbReader verb = new VerbReader();
    private final CallContext calls = new CallContext();
    private LexicalMode mode = LexicalMode.DEFAULT;
    private long traits;
    private int depth;
    private int deepest;
    private boolean intoSeen;
    private boolean insideServerSchema;
    private boolean killNamed;
    /** Whether any token may mean something where the last one stood. */
    private boolean attentive;

    /** The token before this one, and the one before that: type, symbol and number of the word. */
    private int previousType;

    private int previousSymbol;
    private int previousWord;
    private int beforeSymbol;
    private int beforeWord;

    /** Starts a packet. */
    void reset(LexicalMode newMode) {
        mode = newMode;
        deepest = 0;
        killNamed = false;
        startStatement();
    }

    /** Starts the next statement of a packet. */
    void startStatement() {
        verb.reset();
        calls.reset();
        traits = 0;
        depth = 0;
        intoSeen = false;
        insideServerSchema = false;
        attentive = true;
        previousType = TokenCursor.END;
        previousSymbol = 0;
        previousWord = 0;
        beforeSymbol = 0;
        beforeWord = 0;
    }

    StatementKind kind() {
        return verb.kind();
    }

    boolean isRoutine() {
        return verb.isRoutine();
    }

    /** The traits of the statement so far. */
    long traits() {
        return traits | verb.traits();
    }

    /** The deepest nesting of parentheses in the packet. */
    int deepest() {
        return deepest;
    }

    /** Whether the word KILL stands unquoted anywhere in the packet. It is reserved: it can only be the verb. */
    boolean namesKill() {
        return killNamed;
    }

    void onToken(TokenCursor cursor) {
        if (attentive || previousSymbol == '(' || beforeSymbol == '(' || !isPlain(cursor)) {
            onRemarkable(cursor);
        }
        beforeSymbol = previousSymbol;
        beforeWord = previousWord;
        previousType = cursor.type();
        previousSymbol = cursor.symbol();
        previousWord = cursor.wordId();
    }

    /** Whether a token means nothing by itself, which most do not: names, literals, and what separates them. */
    private boolean isPlain(TokenCursor cursor) {
        int type = cursor.type();
        if (type == TokenCursor.WORD) {
            return (Vocabulary.flags(cursor.wordId()) & Vocabulary.MEANINGFUL) == 0;
        }
        if (type == TokenCursor.SYMBOL) {
            int symbol = cursor.symbol();
            boolean separates = symbol != '(' && symbol != ')' && symbol != '.';
            return separates
                    || (symbol == '.'
                            && previousType == TokenCursor.WORD
                            && (Vocabulary.flags(previousWord) & Vocabulary.SERVER_SCHEMA) == 0);
        }
        return type == TokenCursor.NUMBER || type == TokenCursor.STRING;
    }

    private void onRemarkable(TokenCursor cursor) {
        if (verb.isWatching()) {
            verb.onToken(cursor, depth);
        }
        if (!verb.isRoutine()) {
            collect(cursor);
        }
        StatementKind kind = verb.kind();
        attentive = verb.isWatching()
                || verb.isRoutine()
                || insideServerSchema
                || calls.insideWithList()
                || kind == StatementKind.PREPARE
                || kind == StatementKind.EXECUTE;
    }

    private Keyword previousKeyword() {
        return Vocabulary.keyword(previousWord);
    }

    private Keyword beforeKeyword() {
        return Vocabulary.keyword(beforeWord);
    }

    private void collect(TokenCursor cursor) {
        if (previousSymbol == '(' && cursor.symbol() != ')') {
            onArgument();
        }
        switch (cursor.type()) {
            case TokenCursor.WORD -> onWord(cursor);
            case TokenCursor.SYMBOL -> onSymbol(cursor);
            case TokenCursor.QUOTED_NAME -> onQuotedName(cursor);
            case TokenCursor.USER_VARIABLE -> onUserVariable(cursor);
            case TokenCursor.SYSTEM_VARIABLE -> onSystemVariable(cursor);
            case TokenCursor.ASSIGNMENT -> {
                if (verb.kind() != StatementKind.SET || previousType == TokenCursor.USER_VARIABLE) {
                    traits |= Traits.USER_VARIABLE_ASSIGNED;
                }
            }
            case TokenCursor.PLACEHOLDER -> traits |= Traits.PLACEHOLDERS;
            case TokenCursor.STRING -> onString(cursor);
            default -> noteOperand();
        }
    }

    /** Reads are collected here; what SET assigns is the verb's business. */
    private void onSystemVariable(TokenCursor cursor) {
        checkNestedWrite(0);
        boolean target = verb.kind() == StatementKind.SET
                && (previousKeyword() == Keyword.SET || (previousSymbol == ',' && depth == 0));
        if (!target) {
            traits |= SystemVariableCatalog.readTraits(
                    cursor.bytes(), cursor.start() + 2, cursor.start() + cursor.length());
        }
    }

    /** Literals and hints have no traits, but a write verb in front of one is no function call. */
    private void noteOperand() {
        checkNestedWrite(0);
    }

    private void onString(TokenCursor cursor) {
        noteOperand();
        if (verb.kind() == StatementKind.PREPARE || verb.kind() == StatementKind.EXECUTE) {
            traits |= QuotedStatement.traits(cursor, mode) & Traits.KILLS;
        }
    }

    private void onWord(TokenCursor cursor) {
        checkNestedWrite(0);
        if (insideServerSchema) {
            onName(cursor, 0, 0);
        }
        Word word = cursor.word();
        if (word != null && word.keyword() != Keyword.NONE) {
            onKeyword(word.keyword());
        }
    }

    private void onKeyword(Keyword keyword) {
        calls.onKeyword(keyword, previousKeyword(), depth);
        switch (keyword) {
            case UPDATE -> {
                if (previousKeyword() == Keyword.FOR) {
                    traits |= Traits.LOCKING_READ;
                } else if (calls.endsWithList(depth)) {
                    traits |= Traits.WRITES;
                }
            }
            case SHARE -> traits |= previousKeyword() == Keyword.FOR ? Traits.LOCKING_READ : 0;
            case IN -> traits |= previousKeyword() == Keyword.LOCK ? Traits.LOCKING_READ : 0;
            case DELETE, INSERT, REPLACE -> {
                if (calls.endsWithList(depth)) {
                    traits |= Traits.WRITES;
                }
            }
            case INTO, OUTFILE, DUMPFILE -> {
                if (verb.kind().isReadCandidate()) {
                    traits |= Traits.INTO_CLAUSE;
                    intoSeen = true;
                }
            }
            case KILL -> killNamed = true;
            case SQL_CALC_FOUND_ROWS -> traits |= Traits.CALC_FOUND_ROWS;
            case LIMIT, PROCEDURE, FETCH, OFFSET -> traits |= Traits.UNCOUNTED_ROWS;
            case SELECT -> onNestedQuery(true);
            case TABLE -> onNestedQuery(false);
            case VALUE -> {
                if (previousKeyword() == Keyword.NEXT) {
                    traits |= FunctionClass.SEQUENCE_NEXT.traits();
                } else if (previousKeyword() == Keyword.PREVIOUS) {
                    traits |= FunctionClass.SEQUENCE_LAST.traits();
                }
            }
            case NEXTVAL, CURRVAL, LASTVAL -> {
                if (previousSymbol == '.') {
                    boolean next = keyword == Keyword.NEXTVAL;
                    traits |= (next ? FunctionClass.SEQUENCE_NEXT : FunctionClass.SEQUENCE_LAST).traits();
                }
            }
            default -> onName(keyword);
        }
        calls.afterKeyword(keyword, depth);
    }

    private void onNestedQuery(boolean selects) {
        boolean counts = switch (verb.kind()) {
            case INSERT, REPLACE -> true;
            case SET, DO, DDL -> selects;
            default -> false;
        };
        traits |= counts ? Traits.UNCOUNTED_ROWS : 0;
    }

    /** However a switch of session tracking, or a table of variables, is named, quoted or behind a dot: it is meant. */
    private void onName(Keyword keyword) {
        switch (keyword) {
            case SESSION_TRACK_SCHEMA,
                    SESSION_TRACK_STATE_CHANGE,
                    SESSION_TRACK_SYSTEM_VARIABLES,
                    SESSION_TRACK_TRANSACTION_INFO -> traits |= Traits.TIES_TRACKERS;
            case SESSION_TRACK_GTIDS -> {
                boolean sets = verb.kind() == StatementKind.SET;
                traits |= Traits.TIES_TRACKERS | (sets ? Traits.SETS_GTID_TRACKER : 0);
            }
            case SESSION_VARIABLES, SYSTEM_VARIABLES, VARIABLES_BY_THREAD -> traits |= Traits.LAST_INSERT_ID;
            default -> {}
        }
    }

    /** A name behind the dot of information_schema says which table is meant. */
    private void onName(TokenCursor cursor, int skipFront, int skipBack) {
        if (insideServerSchema && previousSymbol == '.') {
            insideServerSchema = false;
            boolean shared = InformationSchema.isShared(
                    cursor.bytes(), cursor.start() + skipFront, cursor.length() - skipFront - skipBack);
            traits |= shared ? 0 : Traits.SERVER_TABLE;
        }
    }

    private void onQuotedName(TokenCursor cursor) {
        checkNestedWrite(0);
        onName(cursor, 1, 1);
        int length = cursor.length() - 2;
        quotedSchema = length <= 0 ? 0 : Vocabulary.WORDS.findId(cursor.bytes(), cursor.start() + 1, length);
        onName(Vocabulary.keyword(quotedSchema));
    }

    /** The word that the last quoted name spells. */
    private int quotedSchema;

    private void onSymbol(TokenCursor cursor) {
        int symbol = cursor.symbol();
        checkNestedWrite(symbol);
        switch (symbol) {
            case '(' -> {
                onOpen(cursor);
                depth++;
                deepest = Math.max(deepest, depth);
            }
            case ')' -> {
                calls.onClose(depth);
                depth = Math.max(0, depth - 1);
            }
            case '.' -> onDot();
            default -> {}
        }
    }

    private void onDot() {
        Keyword schema = previousType == TokenCursor.QUOTED_NAME ? Vocabulary.keyword(quotedSchema) : previousKeyword();
        switch (schema) {
            case PERFORMANCE_SCHEMA, SYS, MYSQL -> traits |= Traits.SERVER_TABLE;
            case INFORMATION_SCHEMA -> insideServerSchema = true;
            default -> {}
        }
    }

    /** A parenthesis: what stands in front of it decides whether something is called. */
    private void onOpen(TokenCursor cursor) {
        boolean named = previousType == TokenCursor.WORD || previousType == TokenCursor.QUOTED_NAME;
        if (!named) {
            return;
        }
        if (!calls.mayCall(verb.kind())) {
            calls.onColumnList();
            return;
        }
        boolean qualified = beforeSymbol == '.';
        FunctionClass function = previousWord == 0 || qualified
                ? FunctionClass.UNKNOWN
                : Vocabulary.WORDS.get(previousWord).function();
        if (function == FunctionClass.SAFE_ADJACENT && !cursor.isAdjacent() && !mode.ignoreSpace()) {
            function = FunctionClass.UNKNOWN;
        }
        boolean list = function == FunctionClass.UNKNOWN && isColumnList(qualified);
        if (!list) {
            traits |= function.traits();
        }
    }

    private void onArgument() {
        if (beforeWord != 0 && Vocabulary.WORDS.get(beforeWord).function() == FunctionClass.LAST_INSERT_ID) {
            traits |= Traits.SETS_INSERT_ID;
        }
    }

    /** Names with lists of columns: common table expressions and aliases of derived tables. */
    private boolean isColumnList(boolean qualified) {
        if (qualified) {
            return false;
        }
        return beforeKeyword() == Keyword.WITH
                || beforeKeyword() == Keyword.RECURSIVE
                || beforeKeyword() == Keyword.AS
                || beforeSymbol == ')'
                || (beforeSymbol == ',' && calls.insideWithList(depth));
    }

    /** INSERT, UPDATE and the like right behind a parenthesis write, unless they are functions of that name. */
    private void checkNestedWrite(int symbol) {
        if (beforeSymbol != '(' || symbol == '(') {
            return;
        }
        switch (previousKeyword()) {
            case INSERT, REPLACE, UPDATE, DELETE -> traits |= Traits.WRITES;
            default -> {}
        }
    }

    private void onUserVariable(TokenCursor cursor) {
        checkNestedWrite(0);
        if (cursor.isAdjacent() && isAccountName()) {
            return;
        }
        traits |= Traits.USER_VARIABLE_READ;
        boolean assigns = switch (verb.kind()) {
            case CALL, DIAGNOSTICS, LOAD_DATA -> true;
            default -> intoSeen;
        };
        if (assigns) {
            traits |= Traits.USER_VARIABLE_ASSIGNED;
        }
    }

    /** In statements about accounts and definers, a host follows a user name without a gap. */
    private boolean isAccountName() {
        boolean afterName = previousType == TokenCursor.STRING
                || previousType == TokenCursor.QUOTED_NAME
                || previousType == TokenCursor.WORD;
        return afterName
                && switch (verb.kind()) {
                    case DDL, ACCOUNT, SHOW, SET, KILL -> true;
                    default -> false;
                };
    }
}
