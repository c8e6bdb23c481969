package dev.sluice.router.sql;

/**
 * Recognises the kind of one statement from its first words, and the traits that follow from its verb.
 * Confined to the session's event loop.
 */
final class VerbReader {
    private final SetReader set = new SetReader();
    private StatementKind kind = StatementKind.EMPTY;
    private Keyword verb = Keyword.NONE;
    private Keyword previous = Keyword.NONE;
    private boolean verbSeen;
    private long traits;
    private boolean watching;
    private boolean objectSeen;
    private boolean routine;
    private boolean skipFormatValue;
    /** Behind SET STATEMENT: what stands in front of its FOR. */
    private boolean settingForStatement;

    void reset() {
        verbSeen = false;
        traits = 0;
        watching = true;
        objectSeen = false;
        routine = false;
        skipFormatValue = false;
        settingForStatement = false;
    }

    StatementKind kind() {
        return verbSeen ? kind : StatementKind.EMPTY;
    }

    long traits() {
        long all = kind() == StatementKind.SET ? traits | set.traits() : traits;
        // Which of the reported changes a server took back is known only where none was meant to stay.
        boolean mayChange = (all & Traits.SET_STATEMENT_FOR) != 0
                && switch (kind()) {
                    case SELECT, TABLE, VALUES, SHOW, EXPLAIN -> false;
                    default -> true;
                };
        return mayChange ? all | Traits.OPAQUE : all;
    }

    /** Whether more tokens can still change anything here. */
    boolean isWatching() {
        return watching;
    }

    /** Whether this statement defines a routine, whose body is not executed now. */
    boolean isRoutine() {
        return routine;
    }

    void onToken(TokenCursor cursor, int depth) {
        Word word = cursor.word();
        Keyword keyword = word == null ? Keyword.NONE : word.keyword();
        if (settingForStatement) {
            settingForStatement = keyword != Keyword.FOR || depth > 0;
        } else if (!verbSeen) {
            boolean opening = cursor.symbol() == '(';
            if (!opening && cursor.type() != TokenCursor.HINT) {
                onVerb(cursor.type() == TokenCursor.WORD ? keyword : Keyword.NONE);
            }
        } else if (kind == StatementKind.SET) {
            onSet(cursor, keyword, depth);
        } else if (kind == StatementKind.EXPLAIN) {
            onExplain(cursor, keyword);
        } else if (cursor.type() == TokenCursor.WORD) {
            onLaterWord(keyword);
        }
        if (previous != keyword) {
            previous = keyword;
        }
    }

    private void onVerb(Keyword keyword) {
        StatementKind found = Verbs.kindOf(keyword);
        verbSeen = true;
        if (verb != keyword || kind != found) {
            // Most statements are like the one before: references are stored only when they change.
            verb = keyword;
            kind = found;
        }
        traits = (traits & Traits.SET_STATEMENT_FOR) | Verbs.traitsOf(kind);
        if (keyword == Keyword.CHECKSUM || keyword == Keyword.SHUTDOWN || keyword == Keyword.RESTART) {
            traits &= ~Traits.IMPLICIT_COMMIT;
        } else if (keyword == Keyword.RESIGNAL) {
            // Its error comes behind what the last statement has left.
            traits |= Traits.DIAGNOSTICS;
        }
        watching = Verbs.hasMoreToSay(kind);
        set.reset();
    }

    private void onLaterWord(Keyword keyword) {
        switch (kind) {
            case DDL -> onDefinition(keyword);
            case BEGIN -> {
                if (keyword == Keyword.NOT) {
                    become(StatementKind.COMPOUND);
                }
            }
            case REPLICATION -> onStart(keyword);
            case START_TRANSACTION -> {
                if (keyword == Keyword.ONLY && previous == Keyword.READ) {
                    kind = StatementKind.START_TRANSACTION_READ_ONLY;
                } else if (keyword == Keyword.WRITE && previous == Keyword.READ) {
                    kind = StatementKind.START_TRANSACTION_READ_WRITE;
                }
            }
            case COMMIT, ROLLBACK -> onTransactionEnd(keyword);
            case LOCK_TABLES, UNLOCK_TABLES -> onLock(keyword);
            case LOCK_INSTANCE -> onBackup(keyword);
            case HANDLER -> onHandler(keyword);
            case FLUSH -> {
                if (keyword == Keyword.READ || keyword == Keyword.EXPORT) {
                    traits |= Traits.FLUSH_WITH_READ_LOCK;
                }
            }
            case SHOW, DIAGNOSTICS -> {
                if (keyword == Keyword.WARNINGS || keyword == Keyword.ERRORS || keyword == Keyword.DIAGNOSTICS) {
                    traits |= Traits.DIAGNOSTICS;
                } else if (keyword == Keyword.STATUS) {
                    boolean own = previous == Keyword.SHOW || previous == Keyword.SESSION || previous == Keyword.LOCAL;
                    traits |= own ? Traits.SHOWS_STATUS : 0;
                } else if (keyword == Keyword.VARIABLES) {
                    // They include last_insert_id and identity, unless they are those of the server.
                    traits |= Traits.SHOWS_TRACKERS | (previous == Keyword.GLOBAL ? 0 : Traits.LAST_INSERT_ID);
                }
            }
            case LOAD_DATA -> onLoad(keyword);
            default -> watching = false;
        }
    }

    /** LOCAL may stand between LOAD DATA and INFILE, behind a priority. */
    private void onLoad(Keyword keyword) {
        if (keyword == Keyword.INDEX && previous == Keyword.LOAD) {
            become(StatementKind.TABLE_MAINTENANCE);
        } else if (keyword == Keyword.LOCAL) {
            traits |= Traits.LOADS_LOCAL_FILE;
        } else if (keyword == Keyword.INFILE) {
            watching = false;
        }
    }

    private void become(StatementKind newKind) {
        kind = newKind;
        traits = (traits & Traits.SET_STATEMENT_FOR) | Verbs.traitsOf(newKind);
        watching = false;
    }

    private void onDefinition(Keyword keyword) {
        if (objectSeen) {
            return;
        }
        switch (keyword) {
            case PREPARE -> become(StatementKind.DEALLOCATE);
            case TEMPORARY -> {
                boolean drops = verb == Keyword.DROP;
                traits |= drops ? Traits.DROPS_TEMPORARY_TABLE : Traits.CREATES_TEMPORARY_TABLE;
                traits &= ~Traits.IMPLICIT_COMMIT;
            }
            case USER, ROLE -> become(StatementKind.ACCOUNT);
            case PROCEDURE, FUNCTION, TRIGGER, EVENT, PACKAGE -> {
                objectSeen = true;
                routine = verb == Keyword.CREATE || verb == Keyword.ALTER;
            }
            case TABLE, TABLES, DATABASE, SCHEMA, VIEW, INDEX, SEQUENCE, SERVER -> objectSeen = true;
            default -> watching = true;
        }
        if (objectSeen && !routine) {
            watching = false;
        }
    }

    /** START may be about a transaction or about replication. */
    private void onStart(Keyword keyword) {
        watching = false;
        if (verb == Keyword.START && previous == Keyword.START && keyword == Keyword.TRANSACTION) {
            become(StatementKind.START_TRANSACTION);
            watching = true;
        }
    }

    private void onTransactionEnd(Keyword keyword) {
        if (keyword == Keyword.TO) {
            become(StatementKind.ROLLBACK_TO_SAVEPOINT);
        } else if (keyword == Keyword.CHAIN && previous != Keyword.NO) {
            traits |= Traits.CHAINS_TRANSACTION;
        } else if (keyword == Keyword.RELEASE) {
            traits |= previous == Keyword.NO ? Traits.KEEPS_CONNECTION : Traits.RELEASES_CONNECTION;
        }
    }

    private void onLock(Keyword keyword) {
        if (keyword == Keyword.INSTANCE) {
            boolean locks = kind == StatementKind.LOCK_TABLES;
            kind = StatementKind.LOCK_INSTANCE;
            traits = locks ? Traits.LOCKS_INSTANCE : Traits.UNLOCKS_INSTANCE;
        }
        watching = false;
    }

    private void onBackup(Keyword keyword) {
        boolean ends = keyword == Keyword.UNLOCK || keyword == Keyword.END;
        if (ends) {
            traits = Traits.UNLOCKS_INSTANCE;
        }
        watching = keyword == Keyword.STAGE;
    }

    private void onHandler(Keyword keyword) {
        if (keyword == Keyword.OPEN) {
            traits |= Traits.OPENS_HANDLER;
        } else if (keyword == Keyword.CLOSE) {
            traits |= Traits.CLOSES_HANDLER;
        }
    }

    private void onSet(TokenCursor cursor, Keyword keyword, int depth) {
        set.onToken(cursor, keyword, depth);
        if (set.isForStatement()) {
            // What it runs is the statement behind FOR.
            verbSeen = false;
            settingForStatement = true;
            traits |= Traits.SET_STATEMENT_FOR;
            return;
        }
        StatementKind better = set.kind();
        if (better != StatementKind.SET) {
            long found = set.traits();
            become(better);
            traits |= found;
            watching = false;
        }
    }

    /** EXPLAIN explains a statement, describes a table, or asks about another connection. */
    private void onExplain(TokenCursor cursor, Keyword keyword) {
        switch (keyword) {
            case SELECT, TABLE, VALUES, WITH -> watching = false;
            case INSERT, REPLACE, UPDATE, DELETE -> {
                traits |= Traits.WRITES;
                watching = false;
            }
            case ANALYZE -> traits |= Traits.EXPLAIN_ANALYZE;
            case EXTENDED, PARTITIONS, FORMAT, INTO -> watching = true;
            default -> {
                boolean formatValue = previous == Keyword.FORMAT;
                boolean punctuation = cursor.type() == TokenCursor.SYMBOL || cursor.type() == TokenCursor.USER_VARIABLE;
                if (formatValue && cursor.symbol() == '=') {
                    skipFormatValue = true;
                } else if (skipFormatValue && !punctuation) {
                    skipFormatValue = false;
                } else if (!punctuation) {
                    become(StatementKind.DESCRIBE);
                }
            }
        }
    }
}
