package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.sql.Traits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The classifier against a server: whatever text Sluice would send to a replica must write nothing, lock nothing and change
 * nothing of the session when a server runs it. One classifier sees all texts, so that what it remembers by fingerprint is
 * tried as well. {@code -Dsluice.lexer.texts=1000000} tries as many, {@code -Dsluice.lexer.seed} others.
 */
@Timeout(value = 24, unit = java.util.concurrent.TimeUnit.HOURS)
class LexerDifferentialIT {
    private static final int TEXTS = Integer.getInteger("sluice.lexer.texts", 6_000);
    private static final long SEED = Long.getLong("sluice.lexer.seed", 1);
    private static final int TEXTS_OF_A_MODE = 100;
    private static final int FINDINGS_MAX = 20;
    private static final ClassifierLimits LIMITS =
            new ClassifierLimits(50_000, 16_384, 64, Duration.ofSeconds(10), 1, 100);
    private static final String[] CHARSETS = {
        "utf8mb4", "utf8mb4", "gbk", "sjis", "big5", "cp932", "gb18030", "latin1", "euckr", "ujis", "gb2312", "tis620",
        "binary"
    };
    private static final Pattern VARIABLE = Pattern.compile("(?<!@)(@\\w+)");
    private static final String[] SQL_MODES = {"ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "IGNORE_SPACE"};

    private static ReadJudge judge;

    @BeforeAll
    static void start() throws IOException {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE lexed",
                        "GRANT ALL ON lexed.* TO 'native'@'%'",
                        "CREATE TABLE lexed.t (id INT PRIMARY KEY, v INT, name VARCHAR(64), doc JSON)",
                        "CREATE TABLE lexed.u (id INT PRIMARY KEY, t_id INT, amount DECIMAL(10,2))",
                        "INSERT INTO lexed.t VALUES (1, 1, 'a', '{\"a\": 1}'), (2, 2, 'b', '[]')",
                        "INSERT INTO lexed.u VALUES (1, 1, 10.5)");
        Servers.mysql().awaitReplicated(TestProxy.SOON);
        judge = new ReadJudge(Servers.mysql().primary().port(), "lexed", variables());
    }

    /** Those that are mentioned anywhere. */
    private static Set<String> variables() throws IOException {
        Set<String> names = new TreeSet<>(Set.of("@v"));
        for (CorpusLine line : CorpusLine.all()) {
            Matcher name = VARIABLE.matcher(line.text());
            while (name.find()) {
                names.add(name.group(1));
            }
        }
        return names;
    }

    @AfterAll
    static void stop() throws IOException {
        judge.close();
        Servers.mysql().primary().execute("DROP DATABASE lexed");
    }

    @Test
    void noMutatedTextThatWouldGoToAReplicaDoesMoreThanReadThere() throws IOException {
        List<byte[]> reads = new ArrayList<>();
        List<byte[]> others = new ArrayList<>();
        for (CorpusLine line : CorpusLine.all()) {
            (line.read() ? reads : others).add(line.statement());
        }
        SplittableRandom random = new SplittableRandom(SEED);
        MutatedStatements texts = new MutatedStatements(reads, others, random);
        List<String> findings = new ArrayList<>();
        int judged = 0;
        int understood = 0;
        try (StatementClassifier classifier = new StatementClassifier(LIMITS)) {
            for (int done = 0; done < TEXTS && findings.size() < FINDINGS_MAX; done += TEXTS_OF_A_MODE) {
                String charset = CHARSETS[random.nextInt(CHARSETS.length)];
                int flags = random.nextInt(3) == 0 ? 0 : random.nextInt(8);
                LexicalMode mode = LexicalMode.of(
                        (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, LexicalCharset.of(charset));
                judge.mode(charset, sqlModes(flags));
                for (int i = 0; i < TEXTS_OF_A_MODE; i++) {
                    byte[] text = texts.next();
                    Classification decided = classifier.classifyBlocking(text, mode);
                    if (decided.target() != Target.REPLICA) {
                        continue;
                    }
                    judged++;
                    ReadJudge.Verdict verdict = judge.run(text, decided.has(Traits.OPTIMIZER_HINT_SET_VAR));
                    understood += verdict.understood() ? 1 : 0;
                    if (verdict.effect() != null) {
                        findings.add(
                                charset + " " + sqlModes(flags) + ": " + readable(text) + " -> " + verdict.effect());
                    }
                }
            }
        }
        assertThat(findings).as("seed %d", SEED).isEmpty();
        // Otherwise the texts have become too strange to say anything.
        assertThat(judged).isGreaterThan(TEXTS / 20);
        assertThat(understood).isGreaterThan(judged / 4);
    }

    /** The judge itself: each kind of effect is seen. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    SELECT @v := 1                              | user variable
                    SELECT GET_LOCK('lexed', 0)                 | user lock
                    SELECT id FROM t FOR SHARE                  | rows are locked
                    SELECT id FROM t FOR UPDATE                 | error 1792
                    SELECT 1 INTO @v                            | answered OK
                    SELECT LAST_INSERT_ID(7)                    | last insert id
                    SELECT 1; SET @v = 1                        | the session has changed
                    SELECT 1; USE information_schema            | the session has changed
                    SELECT 1; COMMIT                            | the transaction has ended
                    SELECT 1; DO GET_LOCK('lexed', 0)           | user lock
                    DELETE FROM t                               | error 1792
                    CREATE TEMPORARY TABLE x (i INT)            | error 1792
                    SELECT 1 INTO OUTFILE 'lexed'               | error 1227
                    SET autocommit = 1                          | answered OK
                    COMMIT                                      | answered OK
                    """)
    void theJudgeSees(String text, String effect) throws IOException {
        judge.mode("utf8mb4", "");
        assertThat(judge.run(text.getBytes(StandardCharsets.UTF_8)).effect()).contains(effect);
        assertThat(judge.run("SELECT id FROM t".getBytes(StandardCharsets.UTF_8))
                        .effect())
                .isNull();
    }

    private static String sqlModes(int flags) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < SQL_MODES.length; i++) {
            if ((flags & 1 << i) != 0) {
                names.add(SQL_MODES[i]);
            }
        }
        return String.join(",", names);
    }

    /** In the form of the corpus, so that a finding can be added to it. */
    private static String readable(byte[] text) {
        StringBuilder out = new StringBuilder();
        for (byte b : text) {
            if (b == '\\') {
                out.append("\\\\");
            } else if (b >= ' ' && b < 0x7F) {
                out.append((char) b);
            } else {
                out.append("\\x%02X".formatted(b & 0xFF));
            }
        }
        return out.toString();
    }
}
