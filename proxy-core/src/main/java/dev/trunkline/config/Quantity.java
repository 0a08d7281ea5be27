package dev.trunkline.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations ({@code 100ms}, {@code 5s}, {@code 10m}, {@code 1h}, {@code 2d}) and sizes ({@code 64kB}, {@code 16MB}, {@code 1GB}) as text. */
final class Quantity {

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,18})\\s*([A-Za-z]*)");

    private static final Map<String, Long> MILLIS = new LinkedHashMap<>();
    private static final Map<String, Long> BYTES = new LinkedHashMap<>();

    static {
        MILLIS.put("d", 86_400_000L);
        MILLIS.put("h", 3_600_000L);
        MILLIS.put("m", 60_000L);
        MILLIS.put("s", 1000L);
        MILLIS.put("ms", 1L);
        BYTES.put("GB", 1L << 30);
        BYTES.put("MB", 1L << 20);
        BYTES.put("kB", 1L << 10);
        BYTES.put("B", 1L);
    }

    private Quantity() {}

    /** The duration, or null if the text is none. */
    static Duration duration(String text) {
        Long millis = parse(text, MILLIS);
        return millis == null ? null : Duration.ofMillis(millis);
    }

    /** The number of bytes, or null if the text is none. Units are powers of 1024, as in postgresql.conf. */
    static Long size(String text) {
        return parse(text, BYTES);
    }

    private static Long parse(String text, Map<String, Long> units) {
        Matcher m = NUMBER_AND_UNIT.matcher(text.strip());
        if (!m.matches()) {
            return null;
        }
        long number = Long.parseLong(m.group(1));
        Long unit = number == 0 && m.group(2).isEmpty() ? Long.valueOf(1) : unit(m.group(2), units);
        try {
            return unit == null ? null : Math.multiplyExact(number, unit);
        } catch (ArithmeticException e) {
            return null;
        }
    }

    private static Long unit(String written, Map<String, Long> units) {
        for (Map.Entry<String, Long> unit : units.entrySet()) {
            if (unit.getKey().equalsIgnoreCase(written)) {
                return unit.getValue();
            }
        }
        return null;
    }

    static String format(Duration duration) {
        return format(duration.toMillis(), MILLIS, "s");
    }

    static String format(long bytes) {
        return format(bytes, BYTES, "B");
    }

    private static String format(long number, Map<String, Long> units, String unitOfZero) {
        for (Map.Entry<String, Long> unit : units.entrySet()) {
            if (number != 0 && number % unit.getValue() == 0) {
                return number / unit.getValue() + unit.getKey();
            }
        }
        return number + unitOfZero;
    }
}
