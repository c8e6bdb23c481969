package dev.sluice.server.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of a grammar file, of which the file itself tells how they are written, and random texts that follow them. Immutable. */
final class Grammar {
    private static final Pattern LINE = Pattern.compile("([a-z_]+)(?:\\*(\\d+))?: ?(.*)");
    private static final Pattern RULE = Pattern.compile("\\{([a-z_]*)}");
    /** Beyond it a rule's first alternative is taken. */
    private static final int DEPTH_MAX = 5;

    private final Map<String, List<String>> rules = new HashMap<>();

    /** @param resource a file on the class path */
    Grammar(String resource) {
        try (InputStream in = Grammar.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("no file " + resource);
            }
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .forEach(this::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no rule: " + line);
        }
        int weight = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
        List<String> alternatives = rules.computeIfAbsent(matcher.group(1), name -> new ArrayList<>());
        for (int i = 0; i < weight; i++) {
            alternatives.add(matcher.group(3));
        }
    }

    /** A random text of a rule. {@code fixed} are rules with one alternative that the file does not know. */
    String text(String rule, Map<String, String> fixed, SplittableRandom random) {
        StringBuilder out = new StringBuilder();
        expand(rule, fixed, random, 0, out);
        return out.toString();
    }

    private void expand(String rule, Map<String, String> fixed, SplittableRandom random, int depth, StringBuilder out) {
        String known = fixed.get(rule);
        if (rule.isEmpty() || known != null) {
            out.append(known == null ? "" : known);
            return;
        }
        List<String> alternatives = rules.get(rule);
        if (alternatives == null) {
            throw new IllegalArgumentException("no rule " + rule);
        }
        String chosen = alternatives.get(depth > DEPTH_MAX ? 0 : random.nextInt(alternatives.size()));
        Matcher matcher = RULE.matcher(chosen);
        int copied = 0;
        while (matcher.find()) {
            out.append(chosen, copied, matcher.start());
            expand(matcher.group(1), fixed, random, depth + 1, out);
            copied = matcher.end();
        }
        out.append(chosen, copied, chosen.length());
    }
}
