package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every variable that a session of MySQL 8.0 can set has the same value on whatever connection the session uses next. */
@Timeout(300)
class SessionVariablesIT {
    private static final String OF_A_MOMENT = "non_replayable_variable";

    /** What ties the session to its connection instead of going along, each for the reason that is given here. */
    private static final Map<String, String> TIES = Map.ofEntries(
            // The next transaction's name, and the right to use it, are with one server.
            Map.entry("gtid_next", OF_A_MOMENT),
            // About the next or the last INSERT, not about the session.
            Map.entry("insert_id", OF_A_MOMENT),
            Map.entry("last_insert_id", OF_A_MOMENT),
            Map.entry("identity", OF_A_MOMENT),
            // What mysqlbinlog sets in front of each event that it replays; the next event has others.
            Map.entry("immediate_server_version", OF_A_MOMENT),
            Map.entry("original_server_version", OF_A_MOMENT),
            Map.entry("original_commit_timestamp", OF_A_MOMENT),
            Map.entry("pseudo_replica_mode", OF_A_MOMENT),
            Map.entry("pseudo_slave_mode", OF_A_MOMENT),
            Map.entry("pseudo_thread_id", OF_A_MOMENT),
            // What is written without it would be missing elsewhere, so nothing else is to run there.
            Map.entry("sql_log_bin", OF_A_MOMENT),
            // They follow from the schema; set by hand they last until the next USE.
            Map.entry("character_set_database", OF_A_MOMENT),
            Map.entry("collation_database", OF_A_MOMENT),
            // The clock of the statements to come; set to 0 it runs again, from each server's own time.
            Map.entry("timestamp", OF_A_MOMENT),
            // What they record can be read on that connection only.
            Map.entry("profiling", "profiling"),
            Map.entry("optimizer_trace", "profiling"),
            // Switched off and on it was seen to crash the server, so nobody else is to switch it back.
            Map.entry("session_track_gtids", "session_tracking"));

    /** What this test cannot change, or cannot see. */
    private static final Map<String, String> NOT_TRIED = Map.of(
            "lc_messages", "the server of the tests has the messages of one language",
            "rand_seed1", "reads as 0 whatever it is: see below",
            "rand_seed2", "reads as 0 whatever it is: see below",
            "resultset_metadata", "takes a client that has said that it can do without metadata");

    /** What other forms of SET tie that the usual one does not. */
    private static final Pattern OTHER_TIES = Pattern.compile(
            // Which of several statements has changed what is not told.
            "SEVERAL \\w+=(.*unreported_change.*|session_tracking)"
                    // Sluice asks for what has been set where the usual form says it.
                    + "|\\w+ session_track_\\w+=session_tracking"
                    + "|VARIABLE transaction_(isolation|read_only)=transaction_characteristics");

    private static TestProxy one;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        Servers.mysql()
                .primary()
                .execute(
                        "GRANT SUPER, FILE, SESSION_VARIABLES_ADMIN ON *.* TO 'native'@'%'",
                        "CREATE TABLE state.stop (value VARCHAR(30)) ENGINE=InnoDB");
        one = TestProxy.options().eventLoops(1).connections(1).servers(2).start(Servers.mysql());
        one.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        one.close();
        Servers.mysql().primary().execute("REVOKE SUPER, FILE, SESSION_VARIABLES_ADMIN ON *.* FROM 'native'@'%'");
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        one.awaitQuiet();
    }

    @Test
    void everySessionVariableSurvivesAChangeOfConnection() throws Exception {
        try (VariableWalk walk = new VariableWalk(one)) {
            walk.walk();
            System.getLogger("SessionVariablesIT")
                    .log(System.Logger.Level.INFO, "{0} survived, pinned {1}", walk.survived, walk.pinned);
            assertThat(walk.lost).isEmpty();
            assertThat(walk.leaked).isEmpty();
            assertThat(walk.unchanged).containsOnlyKeys(NOT_TRIED.keySet());
            assertThat(walk.pinned).containsExactlyInAnyOrderEntriesOf(TIES);
            assertThat(walk.survived).isGreaterThan(100);
            assertThat(walk.survivedInForms).isGreaterThan(700);
            assertThat(walk.pinnedByForm)
                    .allSatisfy((set, pins) -> assertThat(set + "=" + pins).matches(OTHER_TIES));
            // The seed moves on with each RAND().
            assertThat(walk.pinsAfter("SET SESSION rand_seed1 = 5")).isEqualTo(OF_A_MOMENT);
            assertThat(walk.pinsAfter("SET SESSION rand_seed2 = 5")).isEqualTo(OF_A_MOMENT);
        }
    }
}
