package dev.sluice.router.sql;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import net.sf.jsqlparser.expression.AnalyticExpression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.JdbcNamedParameter;
import net.sf.jsqlparser.expression.NextValExpression;
import net.sf.jsqlparser.expression.NumericBind;
import net.sf.jsqlparser.expression.VariableAssignment;
import net.sf.jsqlparser.parser.Node;
import net.sf.jsqlparser.statement.ParenthesedStatement;
import net.sf.jsqlparser.statement.Statement;
import net.sf.jsqlparser.statement.select.MySqlProcedureAnalyse;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.WithFunctionDeclaration;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tree of a parsed statement and looks for anything that is more than a read. It follows every field of every
 * node, so that no new kind of node can hide something from it. Thread-safe: without state but a cache of reflection.
 */
final class ReadConfirmer {
    private static final String PARSER_PACKAGE = "net.sf.jsqlparser.";
    private static final Map<String, FunctionClass> FUNCTIONS = Vocabulary.functions();
    private static final ConcurrentHashMap<Class<?>, List<Field>> FIELDS = new ConcurrentHashMap<>();

    private ReadConfirmer() {}

    /** Whether the statement is a query without locks, INTO, assignments, writes and functions that are not known. */
    static boolean isRead(Statement statement) {
        if (!(statement instanceof Select)) {
            return false;
        }
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>();
        open.push(statement);
        while (!open.isEmpty()) {
            Object node = open.pop();
            if (node instanceof Collection<?> collection) {
                collection.stream().filter(element -> element != null).forEach(open::push);
            } else if (isNode(node) && seen.add(node)) {
                if (!isHarmless(node)) {
                    return false;
                }
                pushFields(node, open);
            }
        }
        return true;
    }

    private static boolean isNode(Object node) {
        return node.getClass().getName().startsWith(PARSER_PACKAGE)
                && !(node instanceof Node)
                && !(node instanceof Enum<?>);
    }

    private static boolean isHarmless(Object node) {
        if (node instanceof Statement && !(node instanceof Select)) {
            return false;
        }
        if (node instanceof ParenthesedStatement && !(node instanceof Select)) {
            return false;
        }
        if (node instanceof Select select && !isPlainQuery(select)) {
            return false;
        }
        if (node instanceof Function function) {
            return isAllowed(function.getName());
        }
        if (node instanceof AnalyticExpression analytic) {
            return isAllowed(analytic.getName());
        }
        return !(node instanceof NextValExpression
                || node instanceof VariableAssignment
                || node instanceof JdbcNamedParameter
                || node instanceof NumericBind
                || node instanceof MySqlProcedureAnalyse
                || node instanceof WithFunctionDeclaration);
    }

    private static boolean isPlainQuery(Select select) {
        if (select.getForMode() != null
                || select.getForClause() != null
                || select.isSkipLocked()
                || select.isNoWait()) {
            return false;
        }
        if (select instanceof PlainSelect plain) {
            return isEmpty(plain.getIntoTables())
                    && plain.getMySqlSelectIntoClause() == null
                    && plain.getIntoTempTable() == null;
        }
        return true;
    }

    private static boolean isEmpty(@Nullable Collection<?> collection) {
        return collection == null || collection.isEmpty();
    }

    private static boolean isAllowed(@Nullable String name) {
        if (name == null) {
            // TABLE(...) and the like carry their function in a field of its own.
            return true;
        }
        FunctionClass found = FUNCTIONS.get(name.toUpperCase(Locale.ROOT));
        return found == FunctionClass.SAFE || found == FunctionClass.SAFE_ADJACENT || found == FunctionClass.SYNTAX;
    }

    private static void pushFields(Object node, Deque<Object> open) {
        for (Field field : FIELDS.computeIfAbsent(node.getClass(), ReadConfirmer::fieldsOf)) {
            try {
                Object value = field.get(node);
                if (value != null) {
                    open.push(value);
                }
            } catch (IllegalAccessException e) {
                throw new IllegalStateException("cannot read " + field, e);
            }
        }
    }

    private static List<Field> fieldsOf(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
            if (!c.getName().startsWith(PARSER_PACKAGE)) {
                // A list that is a node: its elements are reached as a collection.
                break;
            }
            for (Field field : c.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    open(field);
                    fields.add(field);
                }
            }
        }
        return List.copyOf(fields);
    }

    private static void open(Field field) {
        try {
            field.setAccessible(true);
        } catch (InaccessibleObjectException e) {
            throw new IllegalStateException("the parser's classes are not open to the router", e);
        }
    }
}
