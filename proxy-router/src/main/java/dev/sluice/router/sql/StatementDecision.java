package dev.sluice.router.sql;

import dev.sluice.router.RouteReason;
import org.jspecify.annotations.Nullable;

/** The rules that send a statement to the primary by what the lexer found alone. Immutable. */
final class StatementDecision {
    private StatementDecision() {}

    /** Why the statement that was read last must go to the primary; null if it looks like a read. */
    static @Nullable RouteReason primaryReason(StatementLexer lexer) {
        if (lexer.mode().charset() == LexicalCharset.UNKNOWN) {
            return RouteReason.UNKNOWN_LEXICAL_MODE;
        }
        long traits = lexer.traits();
        if (Traits.any(traits, Traits.MULTI_STATEMENT)) {
            return RouteReason.MULTI_STATEMENT;
        }
        if (Traits.any(traits, Traits.SET_STATEMENT_FOR)) {
            return RouteReason.SESSION_STATEMENT;
        }
        RouteReason byKind = lexer.kind().primaryReason();
        if (byKind != null) {
            return byKind;
        }
        boolean explain = lexer.kind() == StatementKind.EXPLAIN;
        if (Traits.any(traits, Traits.WRITES | Traits.EXPLAIN_ANALYZE)) {
            return explain ? RouteReason.EXPLAIN_WRITE : RouteReason.WRITE;
        }
        return byTrait(traits);
    }

    private static @Nullable RouteReason byTrait(long traits) {
        if (traits == 0) {
            return null;
        }
        if (Traits.any(traits, Traits.LOCKING_READ)) {
            return RouteReason.LOCKING_READ;
        }
        if (Traits.any(traits, Traits.INTO_CLAUSE)) {
            return RouteReason.INTO_CLAUSE;
        }
        if (Traits.any(traits, Traits.USER_VARIABLE_ASSIGNED)) {
            return RouteReason.USER_VARIABLE;
        }
        if (Traits.any(
                traits, Traits.LOCK_FUNCTION_ACQUIRE | Traits.LOCK_FUNCTION_RELEASE | Traits.LOCK_FUNCTION_QUERY)) {
            return RouteReason.LOCK_FUNCTION;
        }
        if (Traits.any(traits, Traits.LAST_INSERT_ID | Traits.DIAGNOSTICS | Traits.SESSION_FUNCTION)) {
            return RouteReason.SESSION_FUNCTION;
        }
        if (Traits.any(traits, Traits.SIDE_EFFECT_FUNCTION)) {
            return RouteReason.SIDE_EFFECT_FUNCTION;
        }
        if (Traits.any(traits, Traits.UNKNOWN_FUNCTION)) {
            return RouteReason.UNKNOWN_FUNCTION;
        }
        return byText(traits);
    }

    private static @Nullable RouteReason byText(long traits) {
        if (Traits.any(traits, Traits.SYSTEM_VARIABLE | Traits.TIES_TRACKERS)) {
            return RouteReason.SYSTEM_VARIABLE;
        }
        if (Traits.any(traits, Traits.SERVER_TABLE)) {
            return RouteReason.SERVER_STATEMENT;
        }
        if (Traits.any(traits, Traits.EXECUTABLE_COMMENT)) {
            return RouteReason.EXECUTABLE_COMMENT;
        }
        if (Traits.any(traits, Traits.AMBIGUOUS_TEXT)) {
            return RouteReason.UNPARSABLE;
        }
        return null;
    }
}
