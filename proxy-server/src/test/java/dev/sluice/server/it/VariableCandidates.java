package dev.sluice.server.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Values to try for session variables that are neither switches nor small numbers. Immutable. */
final class VariableCandidates {
    private static final String TABLE = """
            alter_algorithm = 'COPY'
            aria_stats_method = 'nulls_equal'
            binlog_format = 'STATEMENT'
            binlog_row_image = 'MINIMAL'
            binlog_row_value_options = 'PARTIAL_JSON'
            block_encryption_mode = 'aes-256-cbc'
            character_set_client = 'latin1'
            character_set_client = 'cp1250'
            character_set_connection = 'latin1'
            character_set_connection = 'cp1250'
            character_set_database = 'latin1'
            character_set_database = 'cp1250'
            character_set_filesystem = 'latin1'
            character_set_results = 'latin1'
            character_set_results = 'cp1250'
            character_set_server = 'latin1'
            character_set_server = 'cp1250'
            collation_connection = 'latin1_bin'
            collation_database = 'latin1_bin'
            collation_server = 'latin1_bin'
            column_compression_zlib_strategy = 'HUFFMAN_ONLY'
            completion_type = 'CHAIN'
            connection_memory_limit = 4194304
            default_collation_for_utf8mb4 = 'utf8mb4_general_ci'
            default_regex_flags = 'DOTALL'
            default_storage_engine = 'MEMORY'
            default_tmp_storage_engine = 'MEMORY'
            enforce_storage_engine = 'MyISAM'
            group_replication_consistency = 'BEFORE'
            gtid_next = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:1'
            histogram_type = 'SINGLE_PREC_HB'
            innodb_ft_user_stopword_table = 'state/stop'
            innodb_tmpdir = '/tmp'
            internal_tmp_mem_storage_engine = 'MEMORY'
            lc_messages = 'fr_FR'
            lc_time_names = 'fr_FR'
            log_slow_verbosity = 'query_plan'
            max_delayed_threads = 0
            max_insert_delayed_threads = 0
            max_join_size = 1000000
            max_seeks_for_key = 1000
            myisam_stats_method = 'nulls_equal'
            optimizer_trace = 'enabled=on'
            optimizer_trace_features = 'greedy_search=off'
            optimizer_trace_offset = -2
            parser_max_mem_size = 20000000
            rbr_exec_mode = 'IDEMPOTENT'
            session_track_gtids = 'ALL_GTIDS'
            session_track_system_variables = 'sql_mode'
            session_track_transaction_info = 'STATE'
            sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'
            sql_select_limit = 1000
            storage_engine = 'MEMORY'
            system_versioning_alter_history = 'KEEP'
            system_versioning_asof = '2020-01-01 00:00:00'
            terminology_use_previous = 'BEFORE_8_0_26'
            thread_pool_priority = 'high'
            time_zone = '+01:00'
            tmp_disk_table_size = 1000000
            transaction_isolation = 'READ-COMMITTED'
            transaction_write_set_extraction = 'MURMUR32'
            tx_isolation = 'READ-COMMITTED'
            updatable_views_with_limit = 'NO'
            use_secondary_engine = 'OFF'
            use_stat_tables = 'NEVER'
            optimizer_switch = 'mrr=off'
            optimizer_switch = 'mrr=on'
            old_alter_table = ON
            old_alter_table = 'COPY'
            """;

    private static final Map<String, List<String>> BY_NAME = TABLE.lines()
            .map(line -> line.split(" = ", 2))
            .collect(Collectors.groupingBy(
                    pair -> pair[0], Collectors.mapping(pair -> pair[1], Collectors.toUnmodifiableList())));

    private VariableCandidates() {}

    /** What to set a variable to so that it changes, in the order in which it is tried. */
    static List<String> of(String name, String value) {
        List<String> named = BY_NAME.get(name);
        if (named != null) {
            return named;
        }
        if (!value.matches("-?\\d{1,19}(\\.\\d+)?")) {
            return List.of("ON", "OFF", "''");
        }
        long number = (long) Double.parseDouble(value);
        long next = value.equals("1") ? 0 : number + 1;
        List<String> numbers = new ArrayList<>();
        for (long each : new long[] {next, number * 2, number / 2, number - 1, 1024, 10, 1}) {
            numbers.add(Long.toString(each));
        }
        return numbers;
    }
}
