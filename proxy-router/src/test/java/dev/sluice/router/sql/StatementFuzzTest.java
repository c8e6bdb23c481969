package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.Target;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text that nobody wrote on purpose: nothing may throw, hang, or turn a statement for the primary into a read. */
@Timeout(120)
class StatementFuzzTest {
    private static final List<Corpus.Case> CASES = Corpus.cases();
    private static final String PIECES = "'\"`\\/*!-#@;.,() \n\0:=?$%<>123eExXbBnN_\u00e9";

    private final StatementLexer lexer = new StatementLexer();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomBytesNeverThrow(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 5_000; i++) {
            byte[] text = new byte[random.nextInt(60)];
            random.nextBytes(text);
            lexInEveryForm(text, anyMode(random));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
    void mutatedStatementsNeverThrow(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 5_000; i++) {
            byte[] text = CASES.get(random.nextInt(CASES.size())).statement().clone();
            for (int n = random.nextInt(4); n >= 0 && text.length > 0; n--) {
                text[random.nextInt(text.length)] = (byte) PIECES.charAt(random.nextInt(PIECES.length()));
            }
            lexInEveryForm(text, anyMode(random));
        }
    }

    private void lexInEveryForm(byte[] text, LexicalMode mode) {
        lexer.lex(text, 0, text.length, mode);
        for (StatementText.Form form : StatementText.Form.values()) {
            ParserText.simplify(StatementText.of(text, StandardCharsets.ISO_8859_1, mode, form));
        }
    }

    private static LexicalMode anyMode(SplittableRandom random) {
        LexicalCharset[] charsets = LexicalCharset.values();
        return LexicalMode.of(
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextBoolean(),
                charsets[random.nextInt(charsets.length)]);
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void otherWhiteSpaceAndCaseNeverTurnAStatementForThePrimaryIntoARead(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ClassifierLimits limits = new ClassifierLimits(10_000, 16_384, 64, Duration.ofSeconds(30), 1, 100);
        try (StatementClassifier classifier = new StatementClassifier(limits)) {
            for (Corpus.Case c : CASES) {
                if (c.target() == Target.PRIMARY) {
                    byte[] text = rewritten(c, random);
                    Classification decided = classifier.classifyBlocking(text, c.mode());
                    assertThat(decided.target())
                            .as("seed %d, %s as %s", seed, c, new String(text, StandardCharsets.ISO_8859_1))
                            .isEqualTo(Target.PRIMARY);
                }
            }
        }
    }

    /** The same tokens with other gaps between them and with words in another case. */
    private static byte[] rewritten(Corpus.Case c, SplittableRandom random) {
        String[] gaps = {" ", "\n", "\t ", "/**/", " /* x */ ", " -- y\n", "#z\n"};
        TokenCursor cursor = new TokenCursor();
        byte[] text = c.statement();
        cursor.reset(text, 0, text.length, c.mode());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int copied = 0;
        while (cursor.next() != TokenCursor.END) {
            byte[] between = Arrays.copyOfRange(text, copied, cursor.start());
            boolean plainGap = new String(between, StandardCharsets.ISO_8859_1).isBlank() && between.length > 0;
            out.writeBytes(plainGap ? gaps[random.nextInt(gaps.length)].getBytes(StandardCharsets.US_ASCII) : between);
            copied = cursor.start() + cursor.length();
            for (int i = cursor.start(); i < copied; i++) {
                boolean letter = cursor.type() == TokenCursor.WORD
                        && (text[i] | 0x20) >= 'a'
                        && (text[i] | 0x20) <= 'z'
                        && cursor.length() > 1;
                out.write(letter && random.nextBoolean() ? text[i] ^ 0x20 : text[i]);
            }
        }
        out.write(text, copied, text.length - copied);
        return out.toByteArray();
    }
}
