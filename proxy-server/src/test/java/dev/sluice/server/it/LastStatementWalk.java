package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.LocalCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Walks over statements of every kind and asks about each in every way, on a direct connection and through Sluice, where
 * other sessions use the few connections in between. Confined to the thread of the test.
 */
final class LastStatementWalk implements AutoCloseable {
    /** Schemas with names of the same length, for they stand in messages. */
    private static final String DIRECT = "last_direct";

    private static final String PROXIED = "last_sluice";
    private static final int GONE = 1105;
    private static final int EOF_LENGTH = 5;
    private static final int THIEVES = 1;
    static final String NUMBERS = "SELECT ROW_COUNT(), FOUND_ROWS() f";
    /** What a session does before the statement: a read of seven rows, then maybe a write of three. */
    private static final List<List<String>> BEFORE = List.of(
            List.of("SELECT v FROM t"),
            List.of("SELECT v FROM t", "INSERT INTO w VALUES ('1'), ('2'), ('3')"),
            List.of("SELECT v FROM t", "SELECT CAST('before' AS SIGNED), v FROM t"));

    /** Where others steal, each statement is followed by each of them, and most of them by another; else by some. */
    private static final List<String> QUESTIONS = List.of(
            "SELECT FOUND_ROWS()",
            "SELECT ROW_COUNT() AS `rows affected`",
            "SHOW WARNINGS",
            "SHOW ERRORS LIMIT 1",
            "SHOW WARNINGS LIMIT 1, 2",
            "SHOW COUNT(*) WARNINGS",
            "SHOW COUNT(*) ERRORS",
            "SELECT @@warning_count, @@session.error_count e, ROW_COUNT()",
            "SELECT @@identity, @@local.last_insert_id i, ROW_COUNT()",
            "SELECT LAST_INSERT_ID()",
            NUMBERS,
            "@execute 0",
            "@execute 1",
            "@execute 2");

    private static final List<String> PREPARED = List.of(
            "SELECT FOUND_ROWS() AS found",
            "SELECT ROW_COUNT()",
            "SELECT @@identity i, ROW_COUNT()",
            "INSERT INTO a VALUES (NULL)");

    /** These questions ask for what not every statement tells. */
    static final List<String> ROWS_FOUND = QUESTIONS.stream()
            .map(LastStatementWalk::asked)
            .filter(question -> question.contains("FOUND_ROWS()"))
            .toList();

    private static final String PREPARE = "PREPARE e FROM 'SELECT v FROM t LIMIT 2'";

    private static final byte[][] FILE = {"f\ntoo long\n".getBytes(StandardCharsets.UTF_8)};
    private static final int LOCAL_INFILE = 0xFB;

    private final LocalCluster cluster;
    private final TestProxy proxy;
    private final boolean steals;
    private final List<RawClient> thieves = new ArrayList<>();
    private final Map<RawClient, List<Integer>> handles = new LinkedHashMap<>();
    private final Set<String> gone = new TreeSet<>();
    private int turn;
    private final List<String> differences = new ArrayList<>();

    private LastStatementWalk(LocalCluster cluster, TestProxy proxy, boolean steals) {
        this.cluster = cluster;
        this.proxy = proxy;
        this.steals = steals;
    }

    static void create(LocalCluster cluster) {
        for (String schema : List.of(DIRECT, PROXIED)) {
            cluster.primary()
                    .execute(
                            "CREATE DATABASE " + schema,
                            "GRANT ALL ON " + schema + ".* TO 'native'@'%'",
                            "CREATE TABLE " + schema + ".t (id INT PRIMARY KEY, v INT)",
                            "INSERT INTO " + schema
                                    + ".t VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7)",
                            "CREATE TABLE " + schema + ".w (s VARCHAR(3))",
                            "CREATE TABLE " + schema + ".u (id INT PRIMARY KEY)",
                            "INSERT INTO " + schema + ".u VALUES (1)",
                            "CREATE TABLE " + schema + ".a (id INT AUTO_INCREMENT PRIMARY KEY)",
                            "CREATE PROCEDURE " + schema + ".p() BEGIN SELECT v FROM t LIMIT 2; DELETE FROM w; END",
                            "CREATE TABLE " + schema + ".thief (id INT PRIMARY KEY)",
                            "INSERT INTO " + schema + ".thief VALUES (1), (4711)");
        }
        cluster.primary().execute("SET GLOBAL local_infile = 1");
    }

    static void drop(LocalCluster cluster) {
        cluster.primary().execute("SET GLOBAL local_infile = 0", "DROP DATABASE " + DIRECT, "DROP DATABASE " + PROXIED);
    }

    /** @param steals whether other sessions use the connections in between */
    static LastStatementWalk open(LocalCluster cluster, TestProxy proxy, boolean steals) throws IOException {
        LastStatementWalk walk = new LastStatementWalk(cluster, proxy, steals);
        for (int i = 0; i < THIEVES; i++) {
            walk.thieves.add(walk.connect(proxy.port(), PROXIED));
        }
        return walk;
    }

    private RawClient connect(int port, String schema, int... without) throws IOException {
        RawClient client = RawClient.connectWith(port, Capabilities.CLIENT_LOCAL_FILES, without);
        List<byte[]> unused = client.query("USE " + schema);
        return client;
    }

    /**
     * Asks in every way about each statement.
     *
     * @param tying statements that tie their session to the connection, which then cannot be stolen
     */
    void walk(List<String> statements, Set<String> tying) throws IOException {
        List<String> free =
                statements.stream().filter(each -> !tying.contains(each)).toList();
        walkOlder(free);
        try (RawClient direct = prepared(cluster.primary().port(), DIRECT);
                RawClient proxied = prepared(proxy.port(), PROXIED)) {
            for (String statement : free) {
                for (int i = 0; i < (steals ? QUESTIONS.size() : BEFORE.size()); i++) {
                    String question = QUESTIONS.get(turn % QUESTIONS.size());
                    ask(direct, proxied, BEFORE.get(turn++ % BEFORE.size()), statement, question, steals);
                }
            }
        }
        for (String statement : statements) {
            for (String question : tying.contains(statement) ? QUESTIONS : List.<String>of()) {
                try (RawClient direct = prepared(cluster.primary().port(), DIRECT);
                        RawClient proxied = prepared(proxy.port(), PROXIED)) {
                    ask(direct, proxied, BEFORE.get(turn++ % BEFORE.size()), statement, question, false);
                }
            }
        }
    }

    private RawClient prepared(int port, String schema) throws IOException {
        RawClient client = connect(port, schema);
        List<Integer> ids = new ArrayList<>();
        for (String sql : PREPARED) {
            ids.add(client.prepare(sql));
        }
        handles.put(client, ids);
        return client;
    }

    /** The same for clients that get an EOF packet between columns and rows. */
    private void walkOlder(List<String> statements) throws IOException {
        int without = Capabilities.CLIENT_DEPRECATE_EOF;
        try (RawClient direct = connect(cluster.primary().port(), DIRECT, without);
                RawClient proxied = connect(proxy.port(), PROXIED, without)) {
            for (String statement : statements) {
                if (!statement.startsWith("@")) {
                    ask(direct, proxied, BEFORE.get(1), statement, "SHOW WARNINGS", steals);
                    ask(direct, proxied, BEFORE.get(1), statement, "SELECT ROW_COUNT(), @@warning_count", steals);
                }
            }
        }
    }

    /** Statements and questions for which Sluice had to say that nobody knows any more. */
    Set<String> gone() {
        return gone;
    }

    /** Answers that were not those of the direct connection. */
    List<String> differences() {
        return differences;
    }

    private void ask(
            RawClient direct,
            RawClient proxied,
            List<String> before,
            String statement,
            String question,
            boolean stealing)
            throws IOException {
        for (String each : before) {
            List<byte[]> unused = direct.query(each);
            unused = proxied.query(each);
        }
        if (statement.startsWith("EXECUTE ")) {
            List<byte[]> unused = direct.query(PREPARE);
            unused = proxied.query(PREPARE);
        }
        String expected = describe(send(direct, statement));
        String found = describe(send(proxied, statement));
        String place = before.size() + "/" + before.get(before.size() - 1) + "; " + statement;
        compare(place, "itself", expected, found);
        if (stealing) {
            steal();
        }
        for (String next : List.of(question, question.startsWith("SHOW") ? NUMBERS : "SHOW WARNINGS")) {
            expected = describe(send(direct, next));
            List<byte[]> answer = send(proxied, next);
            if (RawClient.first(answer.get(0)) == RawClient.ERR
                    && proxied.err(answer.get(0)).code() == GONE) {
                gone.add(statement + " | " + asked(next));
                break;
            }
            compare(place, question.equals(next) ? next : question + "; " + next, expected, describe(answer));
        }
        for (RawClient client : List.of(direct, proxied)) {
            List<byte[]> unused = client.query("ROLLBACK");
        }
    }

    /** The text of what is asked. */
    private static String asked(String step) {
        return step.startsWith("@execute ") ? PREPARED.get(numberOf(step)) : step;
    }

    private static int numberOf(String step) {
        return Integer.parseInt(step.substring(step.indexOf(' ') + 1));
    }

    private void compare(String place, String question, String expected, String found) {
        if (!expected.equals(found)) {
            differences.add(place + " | " + question + "\n      direct " + expected + "\n      sluice " + found);
        }
    }

    private List<byte[]> send(RawClient client, String step) throws IOException {
        if (step.startsWith("@execute ")) {
            byte[] body = Arrays.copyOf(handle(client, step), 9);
            body[5] = 1;
            client.send(CommandType.COM_STMT_EXECUTE, body);
            return client.readResults();
        }
        if (step.startsWith("@prepare ")) {
            return preparing(client, step.substring("@prepare ".length()));
        }
        return switch (step) {
            case "@init_db" -> {
                String schema = client.value("SELECT DATABASE()");
                byte[] answer = client.ask(CommandType.COM_INIT_DB, schema.getBytes(StandardCharsets.UTF_8));
                // The number of warnings in it is a known difference.
                yield List.of(new byte[] {(byte) RawClient.first(answer)});
            }
            case "@fields t" -> {
                client.send(CommandType.COM_FIELD_LIST, new byte[] {'t', 0});
                List<byte[]> fields = new ArrayList<>();
                int unused = client.readRows(fields);
                yield fields;
            }
            case "@reset 2" -> List.of(client.ask(CommandType.COM_STMT_RESET, handle(client, step)));
            case "@load" -> {
                client.send(
                        CommandType.COM_QUERY,
                        "LOAD DATA LOCAL INFILE 'f' INTO TABLE w".getBytes(StandardCharsets.UTF_8));
                if (RawClient.first(client.read()) != LOCAL_INFILE) {
                    throw new IOException("the file was not asked for");
                }
                client.sendFile(FILE);
                yield List.of(client.read());
            }
            default -> client.query(step);
        };
    }

    private byte[] handle(RawClient client, String step) {
        return RawClient.int4(requireNonNull(handles.get(client)).get(numberOf(step)));
    }

    private static List<byte[]> preparing(RawClient client, String sql) {
        try {
            int id = client.prepare(sql);
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
            return List.of(new byte[0]);
        } catch (IOException refused) {
            return List.of(new byte[] {(byte) RawClient.ERR});
        }
    }

    /** Every connection serves somebody else, who leaves what nobody else is to see. */
    private void steal() throws IOException {
        for (RawClient thief : thieves) {
            List<byte[]> unused =
                    thief.query("INSERT IGNORE INTO thief VALUES (1), (1), (1), (1), (LAST_INSERT_ID(4711))");
            unused = thief.query(
                    "/* sluice: consistency=none */ SELECT CAST('thief' AS SIGNED), id FROM t LIMIT 3 OFFSET 2");
            unused = thief.query(
                    "/* sluice: consistency=none */ SELECT CAST('thief' AS SIGNED), id FROM t LIMIT 4 OFFSET 1");
        }
    }

    /** Without the flags between columns and rows, which are no statement's. */
    private static String describe(List<byte[]> packets) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < packets.size(); i++) {
            byte[] packet = packets.get(i);
            boolean between =
                    i + 1 < packets.size() && packet.length == EOF_LENGTH && RawClient.first(packet) == RawClient.EOF;
            String content =
                    new String(between ? new byte[0] : packet, StandardCharsets.ISO_8859_1).replace(DIRECT, PROXIED);
            text.append(text.isEmpty() ? "" : " / ").append(content.replaceAll("[^ -~]", "."));
            text.append(" #").append(HexFormat.of().toHexDigits(content.hashCode()));
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        for (RawClient thief : thieves) {
            thief.close();
        }
    }
}
