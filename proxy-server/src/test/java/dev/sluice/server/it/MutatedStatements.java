package dev.sluice.server.it;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Texts that try to make a lexer see a read where a server sees something else: statements of the corpus with what opens,
 * closes or hides put into them, and side effects between quotes and comments that may or may not be any. Confined to one
 * test.
 */
final class MutatedStatements {
    /** What begins, ends, escapes or separates; bytes are written as the characters of ISO 8859-1. */
    private static final String[] PIECES = {
        "'",
        "\"",
        "`",
        "''",
        "\"\"",
        "``",
        "\\",
        "\\\\",
        "\\'",
        "\\\"",
        "/*",
        "*/",
        "/**/",
        "/*!",
        "/*! ",
        "/*!50000 ",
        "/*!080000 ",
        "/*!99999 ",
        "/*!999999 ",
        "/*!8",
        "/*M!",
        "/*M!100100 ",
        "/*+",
        "/*+ ",
        "/* /* ",
        "*/ */",
        "-- ",
        "--",
        "--\t",
        "--\u0001",
        "--\u00a0",
        "-- \n",
        "--\n",
        "#",
        "#\n",
        "\n",
        "\r",
        "\r\n",
        "\u000b",
        "\f",
        "\0",
        "\u00a0",
        "\u0085",
        "\ufffd",
        " ",
        "\t",
        ";",
        ";;",
        "; ",
        ",",
        "(",
        ")",
        "((",
        "))",
        ".",
        "..",
        "@",
        "@@",
        "@`",
        "@'",
        "@\"",
        ":=",
        "=",
        "?",
        "$",
        "$$",
        "$a$",
        "{",
        "}",
        "{d '",
        "N'",
        "n'",
        "x'",
        "X'",
        "b'",
        "0x",
        "0b",
        "_utf8mb4'",
        "_gbk'",
        "_binary'",
        "_latin1\"",
        "_sjis'",
        "1e",
        "1.",
        ".1",
        "1.e",
        "1e+",
        "\u00bf\\",
        "\u0095\\",
        "\u0081\\",
        "\u00bf'",
        "\u0081'",
        "\u00e0\\",
        "\u00fe\\",
        "\u00fe\u00fe",
        "\u00ff",
        "\u0080",
        "\u0081",
        "\u00a1\\",
        "\u00f9\\",
        "\u00810\u00810",
        "\u00810\u0081\\",
        "\u00810\\",
        "\u00c3",
        "\u00e2\u0080",
        "\u00ef\u00bb\u00bf",
        "\\N",
        "\\0",
        "\\Z",
        "%",
        "_",
        "||",
        "&&",
        "!",
        "~",
        "^",
        "|",
        "->",
        "->>",
        "<=>",
        "<<",
        ">>",
        "DELIMITER //\n",
        "\\G",
        "\\g",
        "--+",
        "/*:*/",
        "*",
        "/",
        "/ *",
        "* /",
        "*//*",
        "/*/",
        "/*!*/",
        "/*! */",
        "/*M!*/",
        "''''",
        "\"'\"",
        "'\"'"
    };

    /** What a replica must not do, for the place of an expression. */
    private static final String[] EXPRESSIONS = {
        "GET_LOCK('lexed',0)",
        "GET_LOCK ('lexed',0)",
        "`GET_LOCK`('lexed',0)",
        "@v:=7",
        "@v := 7",
        "@`v`:=7",
        "@'v':=7",
        "LAST_INSERT_ID(7)",
        "LAST_INSERT_ID/**/(7)",
        "(SELECT GET_LOCK('lexed',0))",
        "(SELECT id FROM t LIMIT 1 FOR UPDATE)",
        "SETVAL(s,1)",
        "UUID_SHORT()"
    };

    /** What a replica must not do, for the end of a statement. */
    private static final String[] TAILS = {
        " FOR UPDATE",
        " FOR SHARE",
        " FOR UPDATE OF t SKIP LOCKED",
        " LOCK IN SHARE MODE",
        " INTO @v",
        " INTO @`v`",
        " INTO OUTFILE 'lexed'",
        " INTO DUMPFILE 'lexed'",
        ";SET @v=1",
        ";DELETE FROM t",
        ";INSERT INTO t (id) VALUES (99)",
        ";CREATE TEMPORARY TABLE x (i INT)",
        ";DO GET_LOCK('lexed',0)",
        ";USE information_schema",
        ";COMMIT",
        ";SET autocommit=0",
        ";PREPARE p FROM 'SELECT 1'",
        " UNION SELECT GET_LOCK('lexed',0)",
        " WHERE @v:=1",
        " ORDER BY @v:=id",
        " LIMIT 1 INTO @v"
    };

    private static final String[] HEADS = {
        "SELECT ",
        "SELECT 1,",
        "SELECT 1 + ",
        "(SELECT ",
        "SELECT id FROM t WHERE id = ",
        "WITH c AS (SELECT 1) SELECT ",
        "SELECT * FROM t WHERE name LIKE ",
        "SELECT DISTINCT ",
        "EXPLAIN SELECT ",
        "VALUES ROW(",
        "SELECT name, ",
        "SELECT COUNT(*), ",
        "TABLE t ",
        "SHOW TABLES LIKE ",
        "DESCRIBE t "
    };

    private static final String QUOTES = "''\"\"`";

    private final List<byte[]> reads;
    private final List<byte[]> others;
    private final SplittableRandom random;

    MutatedStatements(List<byte[]> reads, List<byte[]> others, SplittableRandom random) {
        this.reads = reads;
        this.others = others;
        this.random = random;
    }

    /** The next text, of 1 to a few hundred bytes. */
    byte[] next() {
        byte[] text = switch (random.nextInt(8)) {
            case 0 -> withPieces(pick(reads), 2);
            case 1 -> withPieces(pick(others), 3);
            case 2 -> spliced();
            case 3 -> changed(random.nextBoolean() ? pick(reads) : pick(others));
            case 4 -> join(pick(reads), piece(), ascii(pick(TAILS)), piece());
            case 5 -> withPieces(join(pick(reads), ascii(pick(TAILS))), 1);
            default -> quoted();
        };
        return text.length == 0 ? new byte[] {' '} : text;
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private String pick(String[] all) {
        return all[random.nextInt(all.length)];
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] piece() {
        return ascii(pick(PIECES));
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private byte[] withPieces(byte[] statement, int most) {
        byte[] text = statement;
        for (int n = random.nextInt(most); n >= 0; n--) {
            int at = boundary(text);
            text = join(Arrays.copyOf(text, at), piece(), Arrays.copyOfRange(text, at, text.length));
        }
        return text;
    }

    /** Mostly between words: within one, little more than a syntax error comes of it. */
    private int boundary(byte[] text) {
        int at = random.nextInt(text.length + 1);
        while (random.nextInt(8) != 0 && at < text.length && Character.isLetterOrDigit(text[at] & 0xFF)) {
            at++;
        }
        return at;
    }

    private byte[] spliced() {
        byte[] first = pick(reads);
        byte[] second = random.nextBoolean() ? pick(reads) : pick(others);
        int end = boundary(first);
        int start = boundary(second);
        return join(Arrays.copyOf(first, end), piece(), Arrays.copyOfRange(second, start, second.length));
    }

    private byte[] changed(byte[] statement) {
        byte[] text = statement.clone();
        for (int n = random.nextInt(3); n >= 0 && text.length > 0; n--) {
            int at = random.nextInt(text.length);
            switch (random.nextInt(4)) {
                case 0 -> text[at] = (byte) random.nextInt();
                case 1 -> text[at] ^= 0x20;
                case 2 -> text = join(Arrays.copyOf(text, at), Arrays.copyOfRange(text, at + 1, text.length));
                default -> text = Arrays.copyOf(text, at);
            }
        }
        return text;
    }

    /** Strings and names whose ends are not where they seem to be, and a side effect within or between them. */
    private byte[] quoted() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ascii(pick(HEADS)));
        string(out);
        out.write(',');
        if (random.nextBoolean()) {
            out.writeBytes(ascii(pick(EXPRESSIONS)));
            out.write(',');
            string(out);
            if (random.nextBoolean()) {
                out.writeBytes(ascii(" FROM t"));
            }
        } else {
            string(out);
            out.writeBytes(ascii(" FROM t" + pick(TAILS)));
        }
        if (random.nextInt(3) == 0) {
            out.writeBytes(piece());
            out.writeBytes(piece());
        }
        return out.toByteArray();
    }

    private void string(ByteArrayOutputStream out) {
        char quote = QUOTES.charAt(random.nextInt(QUOTES.length()));
        out.write(quote);
        for (int n = random.nextInt(3); n > 0; n--) {
            out.writeBytes(piece());
            if (random.nextInt(3) == 0) {
                out.write('a');
            }
        }
        out.write(quote);
    }
}
