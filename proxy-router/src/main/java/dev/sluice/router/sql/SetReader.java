package dev.sluice.router.sql;

/** Reads the assignments of a SET statement: which variables, in which scope. Confined to the session's event loop. */
final class SetReader {
    private enum Step {
        /** In front of a variable's name, scope words already read. */
        TARGET,
        /** Behind the name: everything up to the next comma is its value. */
        VALUE,
        /** The rest says nothing more. */
        DONE
    }

    private StatementKind kind = StatementKind.SET;
    private long traits;
    private Step step = Step.TARGET;
    private boolean global;
    private boolean session;
    private boolean forStatement;

    void reset() {
        forStatement = false;
        kind = StatementKind.SET;
        traits = 0;
        startItem();
    }

    private void startItem() {
        step = Step.TARGET;
        global = false;
        session = false;
    }

    /** SET, or what it turned out to be. */
    StatementKind kind() {
        return kind;
    }

    long traits() {
        return traits;
    }

    /** Whether it turned out to be MariaDB's SET STATEMENT ... FOR. */
    boolean isForStatement() {
        return forStatement;
    }

    void onToken(TokenCursor cursor, Keyword keyword, int depth) {
        if (step == Step.TARGET) {
            onTarget(cursor, keyword);
        } else if (step == Step.VALUE && depth == 0 && cursor.symbol() == ',') {
            startItem();
        }
    }

    private void onTarget(TokenCursor cursor, Keyword keyword) {
        switch (cursor.type()) {
            case TokenCursor.USER_VARIABLE -> assign(Traits.USER_VARIABLE_ASSIGNED);
            case TokenCursor.SYSTEM_VARIABLE -> onSystemVariable(cursor);
            case TokenCursor.WORD -> onWord(cursor, keyword);
            case TokenCursor.QUOTED_NAME ->
                assignVariable(
                        SystemVariableCatalog.find(cursor.bytes(), cursor.start() + 1, cursor.length() - 2), true);
            default -> step = Step.VALUE;
        }
    }

    private void assign(long newTraits) {
        traits |= newTraits;
        step = Step.VALUE;
    }

    private void onWord(TokenCursor cursor, Keyword keyword) {
        switch (keyword) {
            case GLOBAL, PERSIST, PERSIST_ONLY -> {
                global = true;
                traits |= Traits.SETS_GLOBAL;
            }
            case SESSION, LOCAL -> session = true;
            case AUTHORIZATION -> assign(Traits.SETS_ROLE | Traits.OPAQUE);
            case NAMES, CHARSET, CHARACTER -> assign(Traits.SETS_NAMES);
            case PASSWORD, DEFAULT -> become(StatementKind.ACCOUNT, 0);
            case ROLE -> become(StatementKind.SET, Traits.SETS_ROLE);
            case RESOURCE -> become(StatementKind.SET, Traits.SETS_RESOURCE_GROUP);
            case STATEMENT -> forStatement = true;
            case TRANSACTION ->
                become(StatementKind.SET_TRANSACTION, global || session ? 0 : Traits.SETS_TRANSACTION_ONE_SHOT);
            default ->
                assignVariable(SystemVariableCatalog.find(cursor.bytes(), cursor.start(), cursor.length()), true);
        }
    }

    private void become(StatementKind newKind, long newTraits) {
        kind = newKind;
        traits |= newTraits;
        step = Step.DONE;
    }

    private void onSystemVariable(TokenCursor cursor) {
        byte[] bytes = cursor.bytes();
        int name = cursor.start() + 2;
        int end = cursor.start() + cursor.length();
        SystemVariableCatalog.Scope scope = SystemVariableCatalog.scope(bytes, name, end);
        if (scope == SystemVariableCatalog.Scope.GLOBAL) {
            global = true;
            traits |= Traits.SETS_GLOBAL;
        } else if (scope == SystemVariableCatalog.Scope.SESSION) {
            session = true;
        } else {
            traits |= Traits.SETS_WITHOUT_SCOPE;
        }
        int start = SystemVariableCatalog.nameStart(bytes, name, end);
        assignVariable(SystemVariableCatalog.find(bytes, start, end - start), false);
    }

    private void assignVariable(SystemVariableCatalog.VariableClass variable, boolean plainName) {
        boolean oneShot = variable == SystemVariableCatalog.VariableClass.TRANSACTION && !plainName;
        if (oneShot && !session && !global) {
            traits |= Traits.SETS_TRANSACTION_ONE_SHOT;
        }
        if (!global) {
            traits |= variable.assignmentTraits();
        }
        step = Step.VALUE;
    }
}
