package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A session that sets state at random and looks for it. Confined to one thread of the test.
 */
final class FuzzedSession implements AutoCloseable {
    private static final int ACTIONS_KEPT = 12;
    /** Not often: what is left has to be fetched before others get the connection, and they wait for it. */
    private static final int DIAGNOSTICS_EVERY = 40;

    private static final int NO_SUCH_TABLE = 1146;
    private static final int NO_SUCH_STATEMENT = 1243;
    private static final int TABLE_NOT_LOCKED = 1100;
    private static final int READ_ONLY_TRANSACTION = 1792;

    private final int number;
    private final RawClient client;
    private final SplittableRandom random;
    private final Semaphore ties;
    private final Deque<String> actions = new ArrayDeque<>();
    private final FuzzedState state;
    private final FuzzedStatements statements;
    /** The id of the row that its open transaction has made. */
    private long unseen;

    private int explicitIds;
    /** What to ask about the statement before, when others have had their turn; null if there is nothing. */
    private @Nullable FuzzedDiagnostics left;

    /** @param ties how many sessions may be tied at a time */
    FuzzedSession(int number, int port, SplittableRandom random, Semaphore ties) throws IOException {
        String user = FuzzedState.user(number);
        this.number = number;
        this.client = RawClient.connectAs(port, user, FuzzedState.password(user));
        this.random = random;
        this.ties = ties;
        this.state = new FuzzedState(number, user);
        this.statements = new FuzzedStatements(number, client);
    }

    /** Does something, or looks whether everything is as it must be. */
    void step() throws IOException {
        FuzzedDiagnostics asked = left;
        if (asked != null) {
            left = null;
            lookAtDiagnostics(asked);
            return;
        }
        if (random.nextInt(DIAGNOSTICS_EVERY) == 0) {
            leaveDiagnostics();
            return;
        }
        switch (random.nextInt(18)) {
            case 0, 1, 2, 3, 4 -> set(state.isBusy());
            case 5 -> transaction();
            case 6 -> nobodyElses();
            case 7, 8 -> tieOrUntie();
            case 9 -> insert();
            case 10, 11 -> executePrepared();
            case 12 -> {
                switch (random.nextInt(12)) {
                    case 0, 1 -> reset();
                    case 2 -> changeUser();
                    default -> check(false);
                }
            }
            default -> check(false);
        }
    }

    private void noting(String action) {
        if (actions.size() == ACTIONS_KEPT) {
            actions.removeFirst();
        }
        actions.addLast(action);
    }

    private List<byte[]> run(String sql) throws IOException {
        noting(sql.startsWith(FuzzedState.QUERY) ? "look" + sql.substring(FuzzedState.QUERY.length()) : sql);
        return client.query(sql);
    }

    private byte[] mustRun(String sql) throws IOException {
        byte[] answer = run(sql).get(0);
        if (RawClient.first(answer) == RawClient.ERR) {
            throw mismatch(sql, "no error", client.err(answer).toString());
        }
        return answer;
    }

    private @Nullable String value(String sql) throws IOException {
        List<byte[]> packets = run(sql);
        if (RawClient.first(packets.get(0)) == RawClient.ERR) {
            throw mismatch(sql, "a row", client.err(packets.get(0)).toString());
        }
        return TextRow.columns(TextRow.rows(packets).get(0)).get(0);
    }

    private void mustBe(String what, @Nullable String expected, @Nullable String seen) {
        if (!Objects.equals(expected, seen)) {
            throw mismatch(what, String.valueOf(expected), String.valueOf(seen));
        }
    }

    private void set(boolean inTransaction) throws IOException {
        FuzzedSetting setting = List.of(FuzzedSetting.values()).get(random.nextInt(FuzzedSetting.values().length));
        FuzzedTie tie = state.tie();
        boolean mayNot = (inTransaction && !setting.fitsInTransactions())
                || (setting == FuzzedSetting.ACCESS && tie != null && tie.writes());
        if (!mayNot) {
            int value = random.nextInt(setting.firstValue(), setting.count());
            mustRun(setting.statement(value));
            state.set(setting, value);
        }
    }

    /** Runs something that leaves warnings, an error or a number, about which the next step asks. */
    private void leaveDiagnostics() throws IOException {
        if (state.tie() != null || state.isReadOnly() || !state.isAutocommit()) {
            check(false);
            return;
        }
        FuzzedDiagnostics next = FuzzedDiagnostics.any(random, number);
        byte[] answer = run(next.statement()).get(0);
        boolean failed = RawClient.first(answer) == RawClient.ERR;
        if (failed != next.isError()) {
            throw mismatch(next.statement(), "an error: " + next.isError(), "an error: " + failed);
        }
        if (next.isInsert()) {
            state.insertId(client.ok(answer).lastInsertId());
        }
        left = next;
    }

    private void lookAtDiagnostics(FuzzedDiagnostics asked) throws IOException {
        List<byte[]> packets = run(asked.question());
        if (RawClient.first(packets.get(0)) == RawClient.ERR) {
            throw mismatch(
                    asked.question(), asked.answer(), client.err(packets.get(0)).toString());
        }
        mustBe(
                asked.question(),
                asked.answer(),
                TextRow.rows(packets).stream().map(TextRow::columns).toList().toString());
    }

    /** On a replica, with a function of the primary, or where the last row was inserted. */
    void check(boolean inReadOnlyTransaction) throws IOException {
        int where = random.nextInt(4);
        // A replica does not know the id of a row that the primary has inserted.
        boolean inserted = where == 0 && !inReadOnlyTransaction && !state.isReadOnly();
        // Nor is it asked about locks in a transaction.
        boolean locks = !inserted && where <= 1 && !inReadOnlyTransaction && !state.isReadOnly();
        String sql = FuzzedState.QUERY
                + (inserted
                        ? random.nextBoolean() ? ", LAST_INSERT_ID()" : ", @@identity"
                        : locks ? ", IS_FREE_LOCK('nobody')" : "");
        List<byte[]> packets = run(sql);
        List<@Nullable String> expected = state.expected();
        if (RawClient.first(packets.get(0)) == RawClient.ERR) {
            throw mismatch(sql, expected.toString(), client.err(packets.get(0)).toString());
        }
        List<@Nullable String> seen = TextRow.columns(TextRow.rows(packets).get(0));
        if (inserted) {
            expected.add(Long.toString(state.insertId()));
        }
        if (!expected.equals(seen.subList(0, expected.size()))) {
            throw mismatch(sql, expected.toString(), seen.toString());
        }
    }

    private void transaction() throws IOException {
        FuzzedTie tie = state.tie();
        if (tie != null && tie.endsAtBegin()) {
            check(false);
            return;
        }
        boolean readOnly = random.nextBoolean();
        mustRun(readOnly ? "START TRANSACTION READ ONLY" : "BEGIN");
        check(readOnly);
        set(true);
        if (!readOnly && !state.isReadOnly() && random.nextBoolean()) {
            insert();
        }
        check(readOnly);
        mustRun(random.nextBoolean() ? "COMMIT" : "ROLLBACK");
    }

    /** LAST_INSERT_ID() in all the ways that it is set, or not set. */
    private void insert() throws IOException {
        if (state.isReadOnly()) {
            expectError("UPDATE state.a SET who = who WHERE id = 0", READ_ONLY_TRANSACTION);
        } else if (state.tie() == FuzzedTie.TABLE_LOCK) {
            expectError("INSERT INTO state.a (who) VALUES (" + number + ")", TABLE_NOT_LOCKED);
        } else {
            switch (random.nextInt(3)) {
                case 0 -> {
                    long id = random.nextInt(1, 1000);
                    mustBe("it", Long.toString(id), value("SELECT LAST_INSERT_ID(" + id + ")"));
                    state.insertId(id);
                }
                case 1 -> {
                    int id = -1_000_000 * (number + 1) - explicitIds++;
                    mustRun("INSERT INTO state.a (id, who) VALUES (" + id + ", " + number + ")");
                }
                default -> insertRow();
            }
        }
        endIfManual();
    }

    private long insertRow() throws IOException {
        String sql = "INSERT INTO state.a (who) VALUES (" + number + ")";
        long id = client.ok(mustRun(sql)).lastInsertId();
        state.insertId(id);
        return id;
    }

    /** Without autocommit what touches a table has to be ended, or it would tie the session unnoticed. */
    private void endIfManual() throws IOException {
        if (!state.isAutocommit() && state.tie() != FuzzedTie.TRANSACTION) {
            mustRun("COMMIT");
        }
    }

    private void executePrepared() throws IOException {
        if (state.tie() == FuzzedTie.SWITCHES) {
            // Sluice is not told in which mode and schema it prepares.
            check(false);
        } else if (random.nextInt(10) == 0) {
            noting("close prepared");
            statements.close();
        } else {
            boolean shared = random.nextBoolean();
            long parameter = random.nextInt(1000);
            boolean fresh = statements.lacks(shared);
            if (fresh) {
                noting(shared ? "prepare shared" : "prepare own");
                statements.prepare(shared);
                state.prepared(shared);
            }
            noting(shared ? "execute shared" : "execute own");
            String seen = statements.execute(shared, parameter, fresh || random.nextBoolean());
            String expected = shared ? state.expectedPrepared(parameter) : Long.toString(number + parameter);
            mustBe("a prepared statement", expected, seen);
        }
    }

    /** What others have tied to their connections is not there for this session. */
    private void nobodyElses() throws IOException {
        String lock = "SELECT RELEASE_LOCK('fuzz" + (number + 1) + "')";
        if ("1".equals(value(lock))) {
            throw mismatch(lock, "no lock", "a lock");
        }
        FuzzedTie tie = state.tie();
        expectError("SELECT v FROM state.fuzz FOR UPDATE", errorOfNobodysTable());
        endIfManual();
        expectError("EXECUTE fuzz", tie == FuzzedTie.PREPARED ? 0 : NO_SUCH_STATEMENT);
        if (tie == FuzzedTie.TRANSACTION) {
            mustBe("its own row", "1", rowsUnseen());
        }
        check(false);
    }

    private int errorOfNobodysTable() {
        FuzzedTie tie = state.tie();
        if (tie == FuzzedTie.TEMPORARY_TABLE) {
            return 0;
        }
        if (state.isReadOnly()) {
            return READ_ONLY_TRANSACTION;
        }
        return tie == FuzzedTie.TABLE_LOCK ? TABLE_NOT_LOCKED : NO_SUCH_TABLE;
    }

    private void expectError(String sql, int code) throws IOException {
        List<byte[]> packets = run(sql);
        boolean failed = RawClient.first(packets.get(0)) == RawClient.ERR;
        int seen = failed ? client.err(packets.get(0)).code() : 0;
        String value =
                failed ? "" : TextRow.columns(TextRow.rows(packets).get(0)).get(0);
        if (seen != code || (!failed && !Integer.toString(number).equals(value))) {
            throw mismatch(sql, "error " + code, "error " + seen + ", value " + value);
        }
    }

    private void tieOrUntie() throws IOException {
        FuzzedTie old = state.tie();
        FuzzedTie wanted = List.of(FuzzedTie.values()).get(random.nextInt(FuzzedTie.values().length));
        if (old != null) {
            untie(old);
        } else if ((!wanted.writes() || !state.isReadOnly()) && ties.tryAcquire()) {
            tie(wanted);
        }
    }

    private void tie(FuzzedTie wanted) throws IOException {
        if (wanted == FuzzedTie.TRANSACTION) {
            mustRun(FuzzedSetting.AUTOCOMMIT.statement(1));
            state.set(FuzzedSetting.AUTOCOMMIT, 1);
            unseen = insertRow();
        } else if (wanted == FuzzedTie.CURSOR) {
            noting("open a cursor");
            statements.openCursor();
        }
        for (String sql : wanted.tying(number)) {
            mustRun(sql);
            state.tie(wanted);
        }
        state.tie(wanted);
    }

    private void untie(FuzzedTie old) throws IOException {
        if (old.endsByReset()) {
            reset();
            return;
        }
        for (String sql : old.untying(number)) {
            if (old == FuzzedTie.LOCK) {
                mustBe(sql, "1", value(sql));
            } else {
                mustRun(sql);
            }
        }
        if (old == FuzzedTie.CURSOR) {
            noting("read the cursor to its end");
            mustBe("the rows of the cursor", statements.cursorRows(), statements.readCursor());
        } else if (old == FuzzedTie.TRANSACTION) {
            mustRun("ROLLBACK");
            mustBe("the row that was rolled back", "0", rowsUnseen());
        }
        state.tie(null);
        endIfManual();
        ties.release();
    }

    private @Nullable String rowsUnseen() throws IOException {
        return value("SELECT COUNT(*) FROM state.a WHERE id = " + unseen);
    }

    private void reset() throws IOException {
        noting("COM_RESET_CONNECTION");
        byte[] answer = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        mustBe("COM_RESET_CONNECTION", "0", Integer.toString(RawClient.first(answer)));
        begunAnew();
        state.reset();
    }

    /** Whom it becomes need not be another user. */
    private void changeUser() throws IOException {
        int schema = random.nextInt(FuzzedSetting.SCHEMA.count());
        String user = FuzzedState.user(random.nextInt(100));
        noting("COM_CHANGE_USER " + user);
        byte[] answer = UserChangeRequest.ask(client, user, FuzzedState.password(user), FuzzedState.schema(schema));
        if (RawClient.first(answer) != RawClient.OK) {
            throw mismatch("COM_CHANGE_USER", "no error", client.err(answer).toString());
        }
        begunAnew();
        state.changeUser(user, schema);
    }

    private void begunAnew() throws IOException {
        int error = statements.forget();
        if (error != 0 && error != NO_SUCH_STATEMENT) {
            throw mismatch("what was prepared before", "error " + NO_SUCH_STATEMENT, "error " + error);
        }
        if (state.tie() != null) {
            ties.release();
        }
    }

    private AssertionError mismatch(String sql, String expected, String seen) {
        return new AssertionError(state + ": " + sql + "\n  expected " + expected + "\n  but saw  " + seen
                + "\n  after    " + String.join("\n           ", actions));
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
