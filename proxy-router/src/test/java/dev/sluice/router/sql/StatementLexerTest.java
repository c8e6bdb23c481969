package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatementLexerTest {
    private final StatementLexer lexer = new StatementLexer();

    private String fingerprint(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        lexer.lex(text, 0, text.length, LexicalMode.DEFAULT);
        return "%016x%016x".formatted(lexer.fingerprintHigh(), lexer.fingerprintLow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            SELECT 1                                  | SELECT 2
            SELECT 1                                  | SELECT 'a'
            SELECT 1                                  | SELECT ?
            SELECT 1                                  | SELECT 0x41
            SELECT 1                                  | SELECT 1.5e-3
            SELECT 1                                  | SELECT X'41'
            SELECT 1                                  | SELECT -1
            SELECT 1                                  | select 1
            SELECT 1                                  | SELECT /* x */ 1
            SELECT 1                                  | SELECT/**/1 -- x
            SELECT 1                                  | SELECT 1;
            SELECT 1                                  | /* a */ SELECT 1 # b
            SELECT a=1 FROM t                         | SELECT a  =  2 FROM t
            SELECT * FROM t WHERE a IN (1)            | SELECT * FROM t WHERE a IN (1, 2, 3)
            SELECT * FROM t WHERE a IN (1)            | SELECT * FROM t WHERE a IN ('x', ?, -5)
            SELECT * FROM t WHERE a IN (1) AND b = 1  | SELECT * FROM t WHERE a IN (1,2) AND b = 2
            SELECT * FROM t WHERE (a,b) IN ((1,2))    | SELECT * FROM t WHERE (a,b) IN ((1,2),(3,4))
            INSERT INTO t VALUES (1,2)                | INSERT INTO t VALUES (1,2),(3,4),(5,6)
            INSERT INTO t VALUES (1,NOW())            | INSERT INTO t VALUES (1,NOW()),(3,now())
            VALUES ROW(1,2)                           | VALUES ROW(1,2),ROW(3,4)
            INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a=1 | INSERT INTO t VALUES (1),(2) ON DUPLICATE KEY UPDATE a=9
            SELECT a FROM t WHERE x IN (SELECT b FROM u WHERE c IN (1)) | SELECT a FROM t WHERE x IN (SELECT b FROM u WHERE c IN (1,2,3))
            SELECT count(*) FROM t                    | SELECT COUNT(*) FROM t
            SELECT upper(a) FROM t                    | SELECT UPPER (a) FROM t
            """)
    void textsThatDifferInLiteralsAndWritingShareAFingerprint(String one, String other) {
        assertThat(fingerprint(one)).isEqualTo(fingerprint(other));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            SELECT 1                         | SELECT 1, 2
            SELECT a FROM t                  | SELECT b FROM t
            SELECT a FROM t                  | SELECT a FROM T
            SELECT a FROM t                  | SELECT A FROM t
            SELECT a FROM t                  | SELECT `a` FROM t
            SELECT a FROM t                  | SELECT a t
            SELECT ab FROM t                 | SELECT a b FROM t
            SELECT a.b                       | SELECT a, b
            SELECT 1                         | SELECT /*+ NO_ICP(t) */ 1
            SELECT /*+ NO_ICP(t) */ 1        | SELECT /*+ NO_ICP(u) */ 1
            SELECT a-1                       | SELECT a+1
            SELECT a - 1                     | SELECT a
            SELECT -a                        | SELECT a
            SELECT @a                        | SELECT @b
            SELECT @@a                       | SELECT @a
            SELECT f(1)                      | SELECT F(1)
            SELECT a FROM t WHERE b IN (1,c) | SELECT a FROM t WHERE b IN (c,1)
            SELECT a FROM t WHERE b IN (1,c) | SELECT a FROM t WHERE b IN (1)
            SELECT a FROM t WHERE b IN (1) OR c | SELECT a FROM t WHERE b IN (1 OR c)
            INSERT INTO t VALUES (1,2)       | INSERT INTO t VALUES (1),(2)
            INSERT INTO t VALUES (1),(a)     | INSERT INTO t VALUES (1)
            SELECT 1; SELECT 2               | SELECT 1
            SELECT abcdefgh_i FROM t         | SELECT abcdefgh_j FROM t
            SELECT abcdefgh FROM t           | SELECT abcdefghabcdefgh FROM t
            """)
    void textsThatMeanOtherThingsHaveOtherFingerprints(String one, String other) {
        assertThat(fingerprint(one)).isNotEqualTo(fingerprint(other));
    }

    @Test
    void versionCommentsAreToldApartByTheirTraits() {
        byte[] plain = "SELECT 1 + 1".getBytes(StandardCharsets.UTF_8);
        byte[] commented = "SELECT 1 /*! + 1 */".getBytes(StandardCharsets.UTF_8);
        lexer.lex(plain, 0, plain.length, LexicalMode.DEFAULT);
        StatementKey plainKey = StatementKey.of(lexer);
        lexer.lex(commented, 0, commented.length, LexicalMode.DEFAULT);
        assertThat(StatementKey.of(lexer)).isNotEqualTo(plainKey);
    }

    @Test
    void fingerprintsOfTheCorpusDoNotCollide() {
        List<String> texts = new ArrayList<>();
        List<String> fingerprints = new ArrayList<>();
        for (Corpus.Case c : Corpus.cases()) {
            String text = StatementText.of(
                    c.statement(), StandardCharsets.ISO_8859_1, c.mode(), StatementText.Form.FINGERPRINT);
            lexer.lex(c.statement(), 0, c.statement().length, c.mode());
            String fingerprint = lexer.fingerprintHigh() + "," + lexer.fingerprintLow();
            int known = fingerprints.indexOf(fingerprint);
            if (known >= 0) {
                assertThat(text.replaceAll("[ ;]", ""))
                        .isEqualToIgnoringCase(texts.get(known).replaceAll("[ ;]", ""));
            }
            texts.add(text);
            fingerprints.add(fingerprint);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            0 | SELECT 1
            1 | SELECT (1)
            3 | SELECT (((1)))
            1 | SELECT (1), (2)
            0 | SELECT '((('
            2 | SELECT ((1); SELECT (1)
            0 | SELECT 1)))
            """)
    void nestingIsTheDeepestLevelOfParentheses(int depth, String sql) {
        fingerprint(sql);
        assertThat(lexer.nestingDepth()).isEqualTo(depth);
    }

    @Test
    void everyKindOfBufferAndEveryOffsetGivesTheSame() {
        for (Corpus.Case c : Corpus.cases()) {
            byte[] text = c.statement();
            lexer.lex(text, 0, text.length, c.mode());
            String expected = state();
            for (ByteBuf buffer : buffers(text)) {
                int index = buffer.readableBytes() - text.length - 3;
                lexer.lex(buffer, index, text.length, c.mode());
                assertThat(state()).as("%s in %s", c, buffer).isEqualTo(expected);
                buffer.release();
            }
        }
    }

    private String state() {
        return lexer.kind() + " " + lexer.traits() + " " + lexer.nestingDepth() + " " + lexer.fingerprintHigh() + " "
                + lexer.fingerprintLow();
    }

    /** Buffers with the text between other bytes, three of them behind it that would change its meaning. */
    private static List<ByteBuf> buffers(byte[] text) {
        byte[] behind = {'\'', '*', '/'};
        List<ByteBuf> buffers = new ArrayList<>();
        buffers.add(Unpooled.wrappedBuffer(Unpooled.copiedBuffer(text).array().clone(), behind));
        buffers.add(Unpooled.buffer().writeBytes(text).writeBytes(behind));
        buffers.add(Unpooled.directBuffer().writeBytes(text).writeBytes(behind));
        buffers.add(PooledByteBufAllocator.DEFAULT
                .heapBuffer()
                .writeZero(5)
                .writeBytes(text)
                .writeBytes(behind));
        buffers.add(PooledByteBufAllocator.DEFAULT
                .directBuffer()
                .writeInt(0x27272727)
                .writeBytes(text)
                .writeBytes(behind));
        ByteBuf outer =
                Unpooled.buffer().writeBytes(new byte[7]).writeBytes(text).writeBytes(behind);
        buffers.add(outer.retainedSlice(7, text.length + 3));
        outer.release();
        return buffers;
    }

    @Test
    void rangesOutsideTheBufferAreRefused() {
        ByteBuf buffer = Unpooled.wrappedBuffer("SELECT 1".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> lexer.lex(buffer, 0, 9, LexicalMode.DEFAULT))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aLexerForgetsTheStatementBefore() {
        fingerprint("SELECT @a := GET_LOCK('x', 1) FROM (SELECT 1) d FOR UPDATE; LOCK TABLES t READ");
        fingerprint("SELECT 1");
        assertThat(lexer.traits()).isZero();
        assertThat(lexer.kind()).isEqualTo(StatementKind.SELECT);
        assertThat(lexer.nestingDepth()).isZero();
    }

    @Test
    void readingAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        ByteBuf heap = Unpooled.copiedBuffer(
                "SELECT id, COUNT(*) FROM t WHERE name = 'a' AND v IN (1, 2, 3) ORDER BY id", StandardCharsets.UTF_8);
        ByteBuf direct = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(heap.duplicate());
        long thread = Thread.currentThread().getId();
        lexManyTimes(heap, direct, 20_000);
        long before = threads.getThreadAllocatedBytes(thread);
        lexManyTimes(heap, direct, 20_000);
        long bytes = threads.getThreadAllocatedBytes(thread) - before;
        heap.release();
        direct.release();
        assertThat(bytes / 40_000.0).as("bytes for each statement").isLessThan(1.0);
    }

    private void lexManyTimes(ByteBuf heap, ByteBuf direct, int times) {
        int length = heap.readableBytes();
        for (int i = 0; i < times; i++) {
            lexer.lex(heap, heap.readerIndex(), length, LexicalMode.DEFAULT);
            lexer.lex(direct, direct.readerIndex(), length, LexicalMode.DEFAULT);
        }
    }
}
