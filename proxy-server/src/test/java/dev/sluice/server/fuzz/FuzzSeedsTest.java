package dev.sluice.server.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every seed and every input that was kept, as it is and with a few bytes changed. */
@Timeout(60)
class FuzzSeedsTest {
    private static final int MUTATIONS = 12;
    private static final int SHOWN_BYTES = 400;

    @Test
    void seedsOfAllTargetsDoNoHarm() throws IOException {
        Set<Integer> targets = new TreeSet<>();
        for (byte[] seed : FuzzSeeds.all()) {
            targets.add((seed[0] & 0xFF) % FuzzTarget.values().length);
            run(seed, "a seed");
        }
        assertThat(targets).hasSize(FuzzTarget.values().length);
        assertThat(FuzzSeeds.kept()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void changedSeedsDoNoHarm(long number) throws IOException {
        SplittableRandom random = new SplittableRandom(number);
        List<byte[]> seeds = FuzzSeeds.all();
        for (byte[] seed : seeds) {
            for (int i = 0; i < MUTATIONS; i++) {
                run(changed(seed, seeds.get(random.nextInt(seeds.size())), random), "seed " + number);
            }
        }
    }

    private static void run(byte[] input, String from) {
        try {
            FuzzEntry.fuzzerTestOneInput(input);
        } catch (RuntimeException | AssertionError finding) {
            fail(from + ": " + HexFormat.of().formatHex(input, 0, Math.min(input.length, SHOWN_BYTES)), finding);
        }
    }

    /** The first byte stays: it chooses the target. */
    private static byte[] changed(byte[] seed, byte[] other, SplittableRandom random) {
        byte[] input = seed.clone();
        for (int n = random.nextInt(4); n >= 0; n--) {
            int at = 1 + random.nextInt(Math.max(1, input.length - 1));
            switch (random.nextInt(6)) {
                case 0 -> input = Arrays.copyOf(input, Math.min(input.length, at));
                case 1 -> input = Arrays.copyOf(input, input.length + random.nextInt(1, 9));
                case 2 -> {
                    int length = Math.min(random.nextInt(1, 32), Math.min(other.length, input.length - 1));
                    int to = 1 + random.nextInt(input.length - length);
                    System.arraycopy(other, random.nextInt(other.length - length + 1), input, to, length);
                }
                case 3 -> set(input, at, (byte) random.nextInt(0xFA, 0x102));
                case 4 -> set(input, at, (byte) random.nextInt());
                default -> set(input, at, (byte) (input[Math.min(at, input.length - 1)] ^ 1 << random.nextInt(8)));
            }
        }
        return input;
    }

    private static void set(byte[] input, int at, byte value) {
        if (at < input.length) {
            input[at] = value;
        }
    }
}
