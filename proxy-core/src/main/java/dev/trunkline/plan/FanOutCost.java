package dev.trunkline.plan;

import java.util.Locale;

/**
 * What a statement without a key has cost so far, beside statements for one node. Times are microseconds, 0 where there were
 * none.
 *
 * @param count
 *            how often it ran
 * @param share
 *            its part of all statements of the database, 0 to 1
 */
public record FanOutCost(long count, long p50Micros, long p99Micros, double share, long oneNodeP50Micros,
        long oneNodeP99Micros) {

    public static final FanOutCost UNKNOWN = new FanOutCost(0, 0, 0, 0, 0, 0);

    /** As sentences that follow another one: each begins with a blank. */
    String text() {
        StringBuilder text = new StringBuilder();
        if (count > 0) {
            text.append(" This statement so far: ").append(count).append(count == 1 ? " time" : " times")
                    .append(", p50 ").append(millis(p50Micros)).append(", p99 ").append(millis(p99Micros)).append(", ")
                    .append(percent(share)).append(" of all statements.");
        }
        if (oneNodeP50Micros > 0) {
            text.append(" One-node statements: p50 ").append(millis(oneNodeP50Micros)).append(", p99 ")
                    .append(millis(oneNodeP99Micros)).append('.');
        }
        return text.toString();
    }

    private static String millis(long micros) {
        return String.format(Locale.ROOT, micros < 1000 ? "%.2f ms" : "%.1f ms", micros / 1000.0);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, share > 0 && share < 0.001 ? "less than 0.1 %%" : "%.1f %%", share * 100);
    }
}
