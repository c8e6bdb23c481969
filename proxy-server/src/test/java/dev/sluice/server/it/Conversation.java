package dev.sluice.server.it;

import dev.sluice.protocol.ServerStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a script has said so far and what it was told, as far as later answers depend on it. Confined to one thread. */
final class Conversation {
    private static final Set<String> LEAVES_ROW_COUNT = Set.of("@prepare", "@set_option", "@close", "@long_data");

    private static final int UNKNOWN_STATEMENT = 1243;
    private static final Pattern SAFE_UPDATES = Pattern.compile("sql_safe_updates = (\\w+)");
    private static final Set<String> LEAVES_CONDITIONS = Set.of(
            "@ping",
            "@set_option",
            "@init_db",
            "@close",
            "@long_data",
            "@reset_statement",
            "@fetch",
            "@unknown",
            "RESIGNAL");

    private final Map<String, String> prepared = new HashMap<>();
    private final Set<String> cursors = new HashSet<>();
    private String subject = "";
    private Observation answer = Observation.NOTHING;
    private Observation lastAnswer = Observation.NOTHING;
    private int status;
    private boolean insertedReadOnly;
    private boolean pinged;
    private boolean lent;
    private boolean leftConditions;
    private boolean fieldListed;
    private boolean safeUpdates;

    /** A step was answered. */
    void said(String step, Observation told) {
        String[] words = step.split(" ", 3);
        Matcher safe = SAFE_UPDATES.matcher(step);
        while (safe.find()) {
            safeUpdates = safe.group(1).matches("ON|1|TRUE|DEFAULT");
        }
        safeUpdates &= !words[0].equals("@reset");
        switch (words[0]) {
            case "@prepare" -> {
                prepared.put(words[1], words[2]);
                cursors.remove(words[1]);
            }
            case "@cursor" -> {
                boolean open = told.status() != -1 && (told.status() & ServerStatus.SERVER_STATUS_CURSOR_EXISTS) != 0;
                boolean failed = told.isError() && told.packets().size() > 1;
                if (open || failed) {
                    cursors.add(words[1]);
                }
            }
            default -> {}
        }
        pinged = words[0].equals("@ping") || (pinged && LEAVES_ROW_COUNT.contains(words[0]) && !told.isError());
        if (KnownDifferences.isLent(told)) {
            lent = true;
        } else if (!KnownDifferences.isQuestion(step)
                && !LEAVES_CONDITIONS.contains(words[0])
                && told.errorCode() != UNKNOWN_STATEMENT) {
            lent = false;
        }
        boolean left = words[0].equals("@prepare") ? told.isError() : told.leftConditions();
        boolean stay = KnownDifferences.isQuestion(step) || LEAVES_CONDITIONS.contains(words[0]);
        leftConditions = left || (stay && leftConditions);
        boolean unknown = told.errorCode() == UNKNOWN_STATEMENT;
        boolean adds = words[0].equals("@field_list") || (words[0].equals("@init_db") && told.isError());
        fieldListed = adds || ((stay || unknown) && fieldListed);
        String sql = sqlOf(step);
        insertedReadOnly |= isReadOnly() && (sql.startsWith("INSERT") || sql.startsWith("REPLACE"));
        lastAnswer = told;
        if (!KnownDifferences.isQuestion(step)) {
            subject = step;
            answer = told;
        }
    }

    /** The status flags behind the last step. */
    void status(int flags) {
        status = flags;
    }

    /** Whether the last statement may have left an error or a warning. */
    boolean leftConditions() {
        return leftConditions;
    }

    /** Whether COM_FIELD_LIST or a failed COM_INIT_DB may have added to the list of errors and warnings, and nothing has made a new one since. */
    boolean isFieldListed() {
        return fieldListed;
    }

    /** Whether what the last statement has left is the error that its connection has been lent. */
    boolean isLent() {
        return lent;
    }

    /** The direct session was asked by COM_PING for its status. */
    void pinged() {
        pinged = true;
    }

    /** Whether COM_PING has made ROW_COUNT() 0 on the server, which Sluice has not asked. */
    boolean isPinged() {
        return pinged;
    }

    /** The last step that was no question about another. */
    String subject() {
        return subject;
    }

    /** What the subject was answered. */
    Observation answer() {
        return answer;
    }

    Observation lastAnswer() {
        return lastAnswer;
    }

    /** Whether sql_safe_updates may be on. */
    boolean hasSafeUpdates() {
        return safeUpdates;
    }

    /** Whether a read-only transaction is open. */
    boolean isReadOnly() {
        return !isEnded() && (status & ServerStatus.SERVER_STATUS_IN_TRANS_READONLY) != 0;
    }

    boolean isAutocommit() {
        return (status & ServerStatus.SERVER_STATUS_AUTOCOMMIT) != 0;
    }

    /** Whether the last statement was the last that the server would take. */
    boolean isEnded() {
        return status == WireSession.ENDED;
    }

    /** Whether LAST_INSERT_ID() may have been left on the primary with an id that the client gave. */
    boolean hasTwoInsertIds() {
        return isReadOnly() || insertedReadOnly;
    }

    /** Whether the statement that a step executes has had a cursor, or nearly: it failed behind the columns. */
    boolean hasCursor(String step) {
        return cursors.contains(step.split(" ", 3)[1]);
    }

    /** What a step executes: what was prepared under its handle, or itself. */
    String sqlOf(String step) {
        String[] words = step.split(" ", 3);
        boolean executes = words[0].equals("@execute") || words[0].equals("@cursor");
        return executes ? prepared.getOrDefault(words[1], step) : step;
    }
}
