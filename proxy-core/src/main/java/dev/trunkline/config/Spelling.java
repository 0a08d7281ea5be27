package dev.trunkline.config;

import java.util.Collection;
import java.util.Locale;

/** Finds the word that somebody probably meant. */
public final class Spelling {

    private Spelling() {}

    /** The nearest of the words, or null if none is near: more than a third of the letters would have to change. */
    public static String nearest(String written, Collection<String> words) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        String lower = written.toLowerCase(Locale.ROOT);
        for (String word : words) {
            int distance = distance(lower, word.toLowerCase(Locale.ROOT));
            if (distance < bestDistance) {
                best = word;
                bestDistance = distance;
            }
        }
        int longest = best == null ? 0 : Math.max(written.length(), best.length());
        return best != null && bestDistance <= Math.max(1, longest / 3) && bestDistance < longest ? best : null;
    }

    /**
     * The Damerau-Levenshtein distance in its optimal string alignment form: insertions, deletions, substitutions and swaps
     * of neighbours.
     */
    static int distance(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            int[] oldest = beforeLast;
            beforeLast = last;
            last = row;
            row = oldest;
        }
        return last[b.length()];
    }
}
