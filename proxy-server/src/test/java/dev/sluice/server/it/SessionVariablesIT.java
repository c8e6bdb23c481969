package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every variable that a session of MySQL 8.0 can set has the same value on whatever connection the session uses next. */
@Timeout(300)
class SessionVariablesIT {
    private static final String NAMES = "'latin1'";
    private static final String COLLATIONS = "'latin1_bin'";

    /** Values for variables that are neither switches nor numbers. */
    private static final Map<String, List<String>> CANDIDATES = Map.ofEntries(
            Map.entry("binlog_format", List.of("'STATEMENT'")),
            Map.entry("binlog_row_image", List.of("'MINIMAL'")),
            Map.entry("binlog_row_value_options", List.of("'PARTIAL_JSON'")),
            Map.entry("block_encryption_mode", List.of("'aes-256-cbc'")),
            Map.entry("character_set_client", List.of(NAMES)),
            Map.entry("character_set_connection", List.of(NAMES)),
            Map.entry("character_set_database", List.of(NAMES)),
            Map.entry("character_set_filesystem", List.of(NAMES)),
            Map.entry("character_set_results", List.of(NAMES)),
            Map.entry("character_set_server", List.of(NAMES)),
            Map.entry("collation_connection", List.of(COLLATIONS)),
            Map.entry("collation_database", List.of(COLLATIONS)),
            Map.entry("collation_server", List.of(COLLATIONS)),
            Map.entry("completion_type", List.of("'CHAIN'")),
            Map.entry("default_collation_for_utf8mb4", List.of("'utf8mb4_general_ci'")),
            Map.entry("default_storage_engine", List.of("'MEMORY'")),
            Map.entry("default_tmp_storage_engine", List.of("'MEMORY'")),
            Map.entry("gtid_next", List.of("'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:1'")),
            Map.entry("innodb_ft_user_stopword_table", List.of("'state/stop'")),
            Map.entry("innodb_tmpdir", List.of("'/tmp'")),
            Map.entry("internal_tmp_mem_storage_engine", List.of("'MEMORY'")),
            Map.entry("lc_messages", List.of("'fr_FR'")),
            Map.entry("lc_time_names", List.of("'fr_FR'")),
            Map.entry("myisam_stats_method", List.of("'nulls_equal'")),
            Map.entry("optimizer_switch", List.of("'mrr=off'")),
            Map.entry("optimizer_trace", List.of("'enabled=on'")),
            Map.entry("optimizer_trace_features", List.of("'greedy_search=off'")),
            Map.entry("optimizer_trace_offset", List.of("-2")),
            Map.entry("rbr_exec_mode", List.of("'IDEMPOTENT'")),
            Map.entry("session_track_gtids", List.of("'ALL_GTIDS'")),
            Map.entry("session_track_system_variables", List.of("'sql_mode'")),
            Map.entry("session_track_transaction_info", List.of("'STATE'")),
            Map.entry("sql_mode", List.of("'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")),
            Map.entry("terminology_use_previous", List.of("'BEFORE_8_0_26'")),
            Map.entry("time_zone", List.of("'+01:00'")),
            Map.entry("transaction_isolation", List.of("'READ-COMMITTED'")),
            Map.entry("transaction_write_set_extraction", List.of("'MURMUR32'")),
            Map.entry("tx_isolation", List.of("'READ-COMMITTED'")),
            Map.entry("use_secondary_engine", List.of("'OFF'")));

    private static TestProxy one;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        Servers.mysql()
                .primary()
                .execute(
                        "GRANT ALL ON *.* TO 'native'@'%'",
                        "CREATE TABLE state.stop (value VARCHAR(30)) ENGINE=InnoDB");
        one = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        one.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        one.close();
        Servers.mysql().primary().execute("REVOKE ALL ON *.* FROM 'native'@'%'");
        StateSchemas.drop();
    }

    @Test
    void everySessionVariableSurvivesAChangeOfConnection() throws Exception {
        try (VariableWalk walk = new VariableWalk(one, CANDIDATES)) {
            walk.walk();
            System.getLogger("SessionVariablesIT")
                    .log(System.Logger.Level.INFO, "{0} survived, pinned {1}", walk.survived, walk.pinned);
            assertThat(walk.lost).isEmpty();
            assertThat(walk.unchanged).isEmpty();
            assertThat(walk.pinned).isEmpty();
            assertThat(walk.survived).isGreaterThan(100);
        }
    }
}
