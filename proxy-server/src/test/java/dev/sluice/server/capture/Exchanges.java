package dev.sluice.server.capture;

import static dev.sluice.protocol.CommandType.*;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.ServerVersion.Vendor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Every command of the protocol with every answer that a server could be brought to give. Immutable. */
final class Exchanges {
    static final Exchange PING = simple("ping", COM_PING, "");

    /** Where they are. */
    static final String DATABASE = "golden";

    /** The tables and procedures that the commands are about; MySQL and MariaDB both understand it. */
    static final List<String> SCHEMA = List.of(
            "SET GLOBAL local_infile = 1",
            "CREATE DATABASE golden",
            "GRANT ALL ON golden.* TO 'native'@'%'",
            "GRANT ALL ON golden.* TO 'app'@'%'",
            "CREATE TABLE golden.t (id INT PRIMARY KEY, v VARCHAR(300))",
            "INSERT INTO golden.t VALUES (1, 'one'), (2, NULL), (3, '')",
            "CREATE TABLE golden.loaded (id INT PRIMARY KEY, v VARCHAR(300))",
            "CREATE PROCEDURE golden.p_sel() BEGIN SELECT 1; SELECT id, v FROM golden.t; END",
            "CREATE PROCEDURE golden.p_out(OUT o INT) SET o = 42",
            "CREATE PROCEDURE golden.p_fail() BEGIN SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END");

    private static final String NO_STATEMENT = "of a statement that there is not";
    private static final String OWN_ID = "MariaDB counts the statements of all connections";
    private static final String LOAD = "LOAD DATA LOCAL INFILE 'nofile' INTO TABLE loaded";
    private static final String BETWEEN = "SELECT id, v FROM t WHERE id > ? AND id < ?";
    private static final int TYPE_LONGLONG = 8;
    private static final int READ_ONLY_CURSOR = 1;
    private static final int BINLOG_DUMP_NON_BLOCK = 1;
    private static final int KNOWN_SERVER_ID = 77;

    private Exchanges() {}

    static List<Exchange> of(Vendor vendor) {
        List<Exchange> all = new ArrayList<>();
        if (vendor == Vendor.MARIADB) {
            // MySQL does not prepare it.
            all.add(executing("execute-load-data", LOAD).after("DELETE FROM loaded"));
        }
        all.addAll(queries());
        all.addAll(results());
        all.addAll(prepared());
        all.addAll(executed());
        all.addAll(fetched());
        all.addAll(plain());
        all.addAll(replication());
        all.addAll(withoutAnswer());
        all.addAll(refused());
        all.addAll(logins());
        return all;
    }

    private static Exchange simple(String name, CommandType type, String arguments) {
        return Exchange.command(name, type, "SIMPLE", arguments);
    }

    private static Exchange query(String name, String sql) {
        return Exchange.query(name, sql);
    }

    private static Exchange prepare(String sql) {
        return Exchange.command("", COM_STMT_PREPARE, "PREPARE", sql);
    }

    private static Exchange prepare(String name, String sql) {
        return Exchange.command(name, COM_STMT_PREPARE, "PREPARE", sql);
    }

    /** Arguments that begin with the id of the statement that was prepared last. */
    private static Exchange.Payload statement(Consumer<ByteBuf> rest) {
        return client -> {
            ByteBuf out = Unpooled.buffer().writeIntLE(client.statement());
            rest.accept(out);
            return ByteBufUtil.getBytes(out);
        };
    }

    private static Exchange execute(String name, int flags, long... parameters) {
        return Exchange.command(name, COM_STMT_EXECUTE, "QUERY", statement(out -> {
            out.writeByte(flags).writeIntLE(1);
            if (parameters.length > 0) {
                out.writeByte(0).writeByte(1);
                for (int i = 0; i < parameters.length; i++) {
                    out.writeShortLE(TYPE_LONGLONG);
                }
                for (long parameter : parameters) {
                    out.writeLongLE(parameter);
                }
            }
        }));
    }

    private static Exchange executing(String name, String sql, long... parameters) {
        return execute(name, 0, parameters).noted("of " + sql).after(prepare(sql));
    }

    private static Exchange fetch(String name, int rows) {
        return Exchange.command(name, COM_STMT_FETCH, "FETCH", statement(out -> out.writeIntLE(rows)))
                .noted("of " + rows + " rows");
    }

    /** A command that has nothing but a statement. */
    private static Exchange about(String name, CommandType type, String shape) {
        return Exchange.command(name, type, shape, statement(out -> {}));
    }

    private static List<Exchange> queries() {
        return List.of(
                query("begin", "BEGIN"),
                query("commit", "COMMIT").after("BEGIN", "UPDATE t SET v = CONNECTION_ID() WHERE id = 1"),
                query("update", "UPDATE t SET v = CONNECTION_ID() WHERE id = 1"),
                query("do", "DO 1"),
                query("set-names", "SET NAMES latin1"),
                query("set-user-variable", "SET @u=1"),
                query("drop-database", "DROP DATABASE tdrop")
                        .noted("DROP DATABASE tdrop, the default schema")
                        .after("CREATE DATABASE tdrop", "USE tdrop"),
                query("select-rows", "SELECT id, v FROM t ORDER BY id"),
                query("select-null", "SELECT NULL, id FROM t"),
                query("select-empty-string", "SELECT '', id FROM t"),
                query("select-long-value", "SELECT REPEAT('x', 300), id FROM t"),
                query("select-no-row", "SELECT id, v FROM t WHERE id = 9"),
                query("select-no-table", "SELECT * FROM nosuch"),
                query("select-warning", "SELECT CAST('x' AS SIGNED)"),
                query("select-in-transaction", "SELECT id FROM t LIMIT 1")
                        .noted("SELECT id FROM t LIMIT 1, inside a transaction")
                        .after("BEGIN"),
                query("select-error-after-columns", "SELECT EXP(id + 710) FROM t"),
                query("select-error-after-rows", "SELECT EXP(id * 300) FROM t"));
    }

    private static List<Exchange> results() {
        return List.of(
                query("call", "CALL p_sel()"),
                query("call-error", "CALL p_fail()"),
                query("call-out-parameter", "CALL p_out(@o)"),
                query("multi-statement", "SET @a=1; SELECT 1; SELECT id FROM t WHERE id < 3; DO 1"),
                query("multi-statement-error", "SELECT 1; SELECT * FROM nosuch"),
                query("load-data-local", LOAD).after("DELETE FROM loaded"),
                query("load-data-local-error", "LOAD DATA LOCAL INFILE 'nofile' INTO TABLE nosuch"),
                query("load-data-local-multi", LOAD + "; SELECT 1").after("DELETE FROM loaded"));
    }

    private static List<Exchange> prepared() {
        return List.of(
                prepare("prepare-nothing", "DO 1"),
                prepare("prepare-parameters", "DO ?"),
                prepare("prepare-columns", "SELECT 1"),
                prepare("prepare-parameters-and-columns", BETWEEN),
                prepare("prepare-error", "SELECT FROM"),
                prepare("prepare-call", "CALL p_out(?)"),
                prepare("prepare-refused", "SET GLOBAL max_connections = 100").as(Account.NATIVE),
                prepare("prepare-load-data", LOAD));
    }

    private static List<Exchange> executed() {
        return List.of(
                executing("execute", BETWEEN, 0, 9),
                executing("execute-no-row", BETWEEN, 8, 9),
                executing("execute-do", "DO 1"),
                executing("execute-set", "SET @u = 1"),
                executing("execute-call", "CALL p_sel()"),
                executing("execute-call-error", "CALL p_fail()"),
                executing("execute-out-parameter", "CALL p_out(?)", 0),
                executing("execute-error-after-columns", "SELECT EXP(id + 710) FROM t"),
                executing("execute-error-after-rows", "SELECT EXP(id * 300) FROM t"),
                executing("execute-in-transaction", "SELECT id FROM t LIMIT 1").after("BEGIN"),
                execute("execute-unknown", 0).noted(NO_STATEMENT),
                execute("execute-cursor", READ_ONLY_CURSOR)
                        .noted("with CURSOR_TYPE_READ_ONLY")
                        .after(prepare("SELECT id, v FROM t")),
                execute("execute-cursor-error", READ_ONLY_CURSOR)
                        .noted("with CURSOR_TYPE_READ_ONLY, of SELECT EXP(id * 300) FROM t")
                        .after(prepare("SELECT EXP(id * 300) FROM t")));
    }

    private static Exchange[] open(String sql) {
        return new Exchange[] {prepare(sql), execute("", READ_ONLY_CURSOR)};
    }

    private static List<Exchange> fetched() {
        String rows = "SELECT id, v FROM t";
        return List.of(
                fetch("fetch-some", 2).after(open(rows)),
                fetch("fetch-last", 9).after(open(rows)),
                fetch("fetch-behind-last", 9)
                        .after(open(rows))
                        .after(fetch("", 9))
                        .varying(OWN_ID),
                fetch("fetch-no-row", 2).after(open("SELECT id FROM t WHERE id = 9")),
                fetch("fetch-zero", 0).after(open(rows)),
                fetch("fetch-in-transaction", 2).after("BEGIN").after(open(rows)),
                fetch("fetch-error", 2)
                        .noted("without an open cursor")
                        .after(prepare(rows))
                        .varying(OWN_ID),
                fetch("fetch-unknown", 2).noted(NO_STATEMENT));
    }

    private static List<Exchange> plain() {
        Exchange.Payload victim =
                client -> ByteBufUtil.getBytes(Unpooled.buffer().writeIntLE(client.another()));
        return List.of(
                PING,
                simple("init-db", COM_INIT_DB, "app2"),
                simple("init-db-error", COM_INIT_DB, "nosuch"),
                Exchange.command("field-list", COM_FIELD_LIST, "FIELD_LIST", "t\0")
                        .noted("t"),
                Exchange.command("field-list-empty", COM_FIELD_LIST, "FIELD_LIST", "t\0zzz%")
                        .noted("t, columns like zzz%"),
                Exchange.command("field-list-error", COM_FIELD_LIST, "FIELD_LIST", "nosuch\0")
                        .noted("nosuch"),
                Exchange.command("statistics", COM_STATISTICS, "STATISTICS", "").varying("it tells the time"),
                Exchange.command("process-info", COM_PROCESS_INFO, "QUERY", "").varying("it lists the connections"),
                simple("process-kill", COM_PROCESS_KILL, "").with(victim).noted("of another client"),
                simple("process-kill-error", COM_PROCESS_KILL, "\1\1\1\1").noted("of nobody"),
                simple("debug", COM_DEBUG, ""),
                simple("debug-error", COM_DEBUG, "").as(Account.NATIVE),
                simple("refresh", COM_REFRESH, "\1").noted("REFRESH_GRANT"),
                simple("refresh-error", COM_REFRESH, "\1")
                        .noted("REFRESH_GRANT")
                        .as(Account.NATIVE),
                simple("shutdown-error", COM_SHUTDOWN, "\0").as(Account.NATIVE),
                simple("set-option", COM_SET_OPTION, "\0\0").noted("MYSQL_OPTION_MULTI_STATEMENTS_ON"),
                simple("set-option-error", COM_SET_OPTION, "\7\0").noted("an option that there is not"),
                simple("reset-connection", COM_RESET_CONNECTION, ""),
                simple("reset-connection-state", COM_RESET_CONNECTION, "")
                        .after("BEGIN", "SET NAMES latin1")
                        .noted("inside a transaction and after SET NAMES"),
                about("statement-reset", COM_STMT_RESET, "SIMPLE").after(prepare("SELECT 1")),
                about("statement-reset-error", COM_STMT_RESET, "SIMPLE").noted(NO_STATEMENT));
    }

    private static Exchange dump(String name, CommandType type) {
        boolean gtid = type == COM_BINLOG_DUMP_GTID;
        return Exchange.command(name, type, "BINLOG", client -> {
            byte[] file = client.binaryLog().getBytes(StandardCharsets.US_ASCII);
            ByteBuf out = Unpooled.buffer();
            if (gtid) {
                out.writeShortLE(BINLOG_DUMP_NON_BLOCK)
                        .writeIntLE(KNOWN_SERVER_ID)
                        .writeIntLE(file.length)
                        .writeBytes(file)
                        .writeLongLE(4)
                        .writeIntLE(8)
                        .writeLongLE(0);
            } else {
                out.writeIntLE(4)
                        .writeShortLE(BINLOG_DUMP_NON_BLOCK)
                        .writeIntLE(KNOWN_SERVER_ID)
                        .writeBytes(file);
            }
            return ByteBufUtil.getBytes(out);
        });
    }

    private static List<Exchange> replication() {
        String checksums =
                "SET @master_binlog_checksum='NONE', @source_binlog_checksum='NONE', @mariadb_slave_capability=4";
        String events = "events tell the time";
        Exchange.Payload registers = client -> ByteBufUtil.getBytes(
                Unpooled.buffer().writeIntLE(KNOWN_SERVER_ID).writeZero(3 + 2 + 4 + 4));
        return List.of(
                dump("binlog-dump", COM_BINLOG_DUMP)
                        .after(checksums)
                        .noted("of the last file, BINLOG_DUMP_NON_BLOCK")
                        .varying(events),
                dump("binlog-dump-error", COM_BINLOG_DUMP).as(Account.NATIVE),
                dump("binlog-dump-late-error", COM_BINLOG_DUMP)
                        .noted("by a client that does not know of checksums")
                        .varying(events),
                dump("binlog-dump-gtid", COM_BINLOG_DUMP_GTID)
                        .after(checksums)
                        .noted("of the last file, BINLOG_DUMP_NON_BLOCK")
                        .varying(events),
                dump("binlog-dump-gtid-error", COM_BINLOG_DUMP_GTID).as(Account.NATIVE),
                simple("register-slave", COM_REGISTER_SLAVE, "").with(registers),
                simple("register-slave-error", COM_REGISTER_SLAVE, "")
                        .with(registers)
                        .as(Account.NATIVE));
    }

    private static List<Exchange> withoutAnswer() {
        return List.of(
                Exchange.command("quit", COM_QUIT, "NONE", ""),
                about("statement-close", COM_STMT_CLOSE, "NONE").after(prepare("SELECT 1")),
                about("statement-close-unknown", COM_STMT_CLOSE, "NONE").noted(NO_STATEMENT),
                Exchange.command(
                                "send-long-data",
                                COM_STMT_SEND_LONG_DATA,
                                "NONE",
                                statement(out -> out.writeShortLE(0).writeBytes(new byte[] {'a', 'b'})))
                        .after(prepare("SELECT ?")),
                Exchange.command(
                        "send-long-data-unknown",
                        COM_STMT_SEND_LONG_DATA,
                        "NONE",
                        statement(out -> out.writeShortLE(0).writeByte('a'))));
    }

    private static List<Exchange> refused() {
        List<Exchange> refused = new ArrayList<>();
        for (CommandType type : new CommandType[] {
            COM_SLEEP,
            COM_CREATE_DB,
            COM_DROP_DB,
            COM_CONNECT,
            COM_TIME,
            COM_DELAYED_INSERT,
            COM_TABLE_DUMP,
            COM_CONNECT_OUT,
            COM_DAEMON,
            COM_CLONE,
            COM_SUBSCRIBE_GROUP_REPLICATION_STREAM
        }) {
            String name = "refused-"
                    + type.name()
                            .substring(4)
                            .toLowerCase(java.util.Locale.ROOT)
                            .replace('_', '-');
            refused.add(simple(name, type, "none"));
        }
        refused.add(simple("unknown-command", UNKNOWN, "")
                .with(client -> new byte[0])
                .noted("a command the server refuses"));
        return refused;
    }

    private static Exchange login(String name, Account account, String plugin) {
        return new Exchange(
                name,
                "as " + account.user + " with " + plugin,
                "LOGIN",
                "AUTH",
                client -> client.handshakeResponse(account, plugin),
                List.of(),
                account,
                "each has a nonce of its own");
    }

    private static Exchange changeUser(String name, Account account, String plugin) {
        return Exchange.command(name, COM_CHANGE_USER, "AUTH", client -> client.changeUser(account, plugin))
                .noted("to " + account.user + " with " + plugin)
                .varying("each has a nonce of its own");
    }

    private static List<Exchange> logins() {
        String nativePassword = "mysql_native_password";
        String sha2 = "caching_sha2_password";
        return List.of(
                login("login-native", Account.NATIVE, nativePassword),
                login("login-switch", Account.NATIVE, sha2),
                login("login-other-switch", Account.APP, nativePassword),
                login("login-more", Account.APP, sha2),
                login("login-error", Account.STRANGER, nativePassword),
                changeUser("change-user", Account.NATIVE, nativePassword),
                changeUser("change-user-root", Account.ROOT, sha2),
                changeUser("change-user-switch", Account.APP, nativePassword),
                changeUser("change-user-more", Account.APP, sha2),
                changeUser("change-user-error", Account.STRANGER, nativePassword));
    }
}
