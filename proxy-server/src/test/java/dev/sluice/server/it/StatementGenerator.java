package dev.sluice.server.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Scripts of statements, the same for the same seed. Immutable. */
final class StatementGenerator {
    private static final Grammar GRAMMAR = new Grammar("/differential/grammar.txt");
    private static final int STEPS_MIN = 30;
    private static final int STEPS_MAX = 150;
    /** Of so many statements one is followed by a question about it. */
    private static final int ASKED_ABOUT = 4;
    /** Of so many scripts one has definitions. */
    private static final int DEFINING = 5;

    private final String rule;
    private final Map<String, String> schemas;

    /**
     * @param rule what a step of a script is; a second one with the suffix "_after" is what may follow, one with
     *     "_defining" is for scripts with definitions
     * @param schema the schema of the script
     * @param other a second schema
     */
    StatementGenerator(String rule, String schema, String other) {
        this.rule = rule;
        this.schemas = Map.of("own", schema, "other", other);
    }

    List<String> script(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int length = random.nextInt(STEPS_MIN, STEPS_MAX);
        String each = random.nextInt(DEFINING) == 0 ? rule + "_defining" : rule;
        List<String> steps = new ArrayList<>();
        while (steps.size() < length) {
            steps.addAll(List.of(GRAMMAR.text(each, schemas, random).split(" \\|\\| ")));
            while (random.nextInt(ASKED_ABOUT) == 0) {
                steps.add(GRAMMAR.text(rule + "_after", schemas, random));
            }
        }
        return steps;
    }
}
