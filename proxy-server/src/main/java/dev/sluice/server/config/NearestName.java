package dev.sluice.server.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name somebody probably meant, by edit distance with swaps, ignoring case, underscores and camel case. Immutable. */
public final class NearestName {
    private NearestName() {}

    /**
     * The closest of the candidates, or null if none is close: at most one edit in three characters, and three in all.
     *
     * @return one of the candidates as it is written among them
     */
    public static @Nullable String of(String written, Collection<String> candidates) {
        String name = kebab(written);
        @Nullable String nearest = null;
        int best = Math.min(3, Math.max(1, name.length() / 3)) + 1;
        for (String candidate : candidates) {
            // What differs so much in length is further away; and what is written may be long.
            boolean near = Math.abs(name.length() - kebab(candidate).length()) < best;
            int distance = near ? distance(name, kebab(candidate)) : best;
            if (distance < best) {
                best = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /** The name as our keys are spelled: {@code maxLag} and {@code max_lag} are {@code max-lag}. */
    static String kebab(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
    }

    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                cost[i][j] = i == 0 || j == 0 ? i + j : cheapest(cost, a, b, i, j);
            }
        }
        return cost[a.length()][b.length()];
    }

    private static int cheapest(int[][] cost, String a, String b, int i, int j) {
        int replace = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int least = Math.min(replace, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(least, cost[i - 2][j - 2] + 1) : least;
    }
}
