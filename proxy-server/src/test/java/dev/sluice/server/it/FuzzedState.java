package dev.sluice.server.it;

import dev.sluice.server.localcluster.Accounts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a fuzzed session must find wherever its statements run. Confined to one thread of the test. */
final class FuzzedState {
    /** The user that the test makes besides {@link Accounts#NATIVE_USER}. */
    static final String SECOND_USER = "native_too";

    static final String SECOND_PASSWORD = "native-too-secret";

    /** The length of the text tells how backslashes are read. */
    static final String QUERY = "SELECT "
            + String.join(
                    ", ",
                    Arrays.stream(FuzzedSetting.values())
                            .map(FuzzedSetting::expression)
                            .toList())
            + ", CURRENT_USER(), LENGTH('\\\\'), @@character_set_client, CURRENT_ROLE(), @expression";

    /** Its text is the same for all sessions: they share what is prepared for it. */
    static final String PREPARED = "SELECT CONCAT_WS('|', CURRENT_USER(), DATABASE(), @@sort_buffer_size, @@sql_mode,"
            + " @@transaction_isolation, @@autocommit, ?)";

    private static final int OTHERS = 4;

    private final int number;
    private final Map<FuzzedSetting, Integer> settings = new EnumMap<>(FuzzedSetting.class);
    private String user;
    private @Nullable String zero = null;
    private @Nullable FuzzedTie tie;
    private long insertId;
    /** The schema in which {@link #PREPARED} was prepared: a server executes a statement in that, whatever is used now. */
    private @Nullable String preparedIn;

    FuzzedState(int number, String user) {
        this.number = number;
        this.user = user;
    }

    void set(FuzzedSetting setting, int value) {
        settings.put(setting, value);
        if (setting == FuzzedSetting.U3) {
            zero = "5";
            settings.remove(FuzzedSetting.U0);
        } else if (setting == FuzzedSetting.U0) {
            zero = setting.shown(value);
        }
    }

    private int valueOf(FuzzedSetting setting) {
        return settings.getOrDefault(setting, 0);
    }

    private @Nullable String shown(FuzzedSetting setting) {
        return setting == FuzzedSetting.U0 ? zero : setting.shown(valueOf(setting));
    }

    boolean isReadOnly() {
        return valueOf(FuzzedSetting.ACCESS) == 1;
    }

    boolean isAutocommit() {
        return valueOf(FuzzedSetting.AUTOCOMMIT) == 0;
    }

    /** Whether it has something that the server reports once, or a transaction: switching reports would tie it for good. */
    boolean isBusy() {
        return tie == FuzzedTie.TRANSACTION
                || tie == FuzzedTie.TABLE_LOCK
                || tie == FuzzedTie.CURSOR
                || (tie == FuzzedTie.TEMPORARY_TABLE && !isAutocommit());
    }

    @Nullable
    FuzzedTie tie() {
        return tie;
    }

    void tie(@Nullable FuzzedTie now) {
        tie = now;
    }

    /** LAST_INSERT_ID(). */
    long insertId() {
        return insertId;
    }

    void insertId(long now) {
        insertId = now;
    }

    /** A statement has been prepared now; perhaps {@link #PREPARED}. */
    void prepared(boolean shared) {
        preparedIn = shared ? shown(FuzzedSetting.SCHEMA) : preparedIn;
    }

    /** What COM_RESET_CONNECTION leaves. */
    void reset() {
        int schema = valueOf(FuzzedSetting.SCHEMA);
        settings.clear();
        settings.put(FuzzedSetting.SCHEMA, schema);
        zero = null;
        tie = null;
        insertId = 0;
    }

    /** What COM_CHANGE_USER leaves. */
    void changeUser(String newUser, int schema) {
        reset();
        user = newUser;
        settings.put(FuzzedSetting.SCHEMA, schema);
    }

    /** What {@link #QUERY} must show. */
    List<@Nullable String> expected() {
        List<@Nullable String> expected = new ArrayList<>();
        for (FuzzedSetting setting : FuzzedSetting.values()) {
            expected.add(shown(setting));
        }
        expected.add(user + "@%");
        expected.add("NO_BACKSLASH_ESCAPES".equals(shown(FuzzedSetting.MODE)) ? "2" : "1");
        expected.add(valueOf(FuzzedSetting.NAMES) == 1 ? "latin1" : "utf8mb4");
        expected.add(tie == FuzzedTie.ROLE ? role() : "NONE");
        expected.add(tie == FuzzedTie.EXPRESSION || tie == FuzzedTie.SWITCHES ? Integer.toString(number) : null);
        return expected;
    }

    private String role() {
        String mode = String.valueOf(shown(FuzzedSetting.MODE));
        return mode.startsWith("ANSI_QUOTES") ? "\"fuzz\"@\"%\"" : "`fuzz`@`%`";
    }

    /** What {@link #PREPARED} must show. */
    String expectedPrepared(long parameter) {
        return String.join(
                "|",
                user + "@%",
                preparedIn,
                shown(FuzzedSetting.SORT),
                shown(FuzzedSetting.MODE),
                shown(FuzzedSetting.ISOLATION),
                shown(FuzzedSetting.AUTOCOMMIT),
                Long.toString(parameter));
    }

    /** One in four is the other user, so that both keep connections. */
    static String user(int lot) {
        return lot % OTHERS == 0 ? SECOND_USER : Accounts.NATIVE_USER;
    }

    static String password(String user) {
        return user.equals(SECOND_USER) ? SECOND_PASSWORD : Accounts.NATIVE_PASSWORD;
    }

    /** The schema that a value of {@link FuzzedSetting#SCHEMA} names. */
    static String schema(int value) {
        return String.valueOf(FuzzedSetting.SCHEMA.shown(value));
    }

    @Override
    public String toString() {
        return "session " + number + " of " + user + ", which had " + (tie == null ? "no tie" : tie);
    }
}
