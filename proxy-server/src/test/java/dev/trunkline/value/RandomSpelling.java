package dev.trunkline.value;

import java.time.LocalDate;
import java.util.HexFormat;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;

/** Random values of a key type in spellings that the proxy reads, with the edges of the type among them. */
final class RandomSpelling {

    private final SplittableRandom random;

    RandomSpelling(long seed) {
        random = new SplittableRandom(seed);
    }

    String of(KeyType type) {
        return switch (type) {
            case INT2 -> integer(Short.MIN_VALUE, Short.MAX_VALUE);
            case INT4 -> integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case INT8 -> integer(Long.MIN_VALUE, Long.MAX_VALUE);
            case NUMERIC -> numeric();
            case TEXT, VARCHAR, BPCHAR -> text();
            case UUID -> uuid();
            case BYTEA -> bytea();
            case DATE -> date(7_000_000, true);
            case TIMESTAMP -> timestamp("");
            case TIMESTAMPTZ -> timestamp(zone());
            case BOOL -> pick("t", "f", "TRUE", "fal", "yes", "n", "on", "OFF", " 1 ", "0", "of", "y");
        };
    }

    @SafeVarargs
    private <T> T pick(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String integer(long least, long most) {
        long value = switch (random.nextInt(6)) {
            case 0 -> least;
            case 1 -> most;
            case 2 -> random.nextInt(-100, 100);
            case 3 -> random.nextLong() >> random.nextInt(64);
            default -> random.nextLong();
        };
        if (value < least || value > most) {
            value = least + Long.remainderUnsigned(value, most - least + 1);
        }
        return switch (random.nextInt(8)) {
            case 0 -> " " + value + "\t";
            case 1 -> value < 0 ? "-00" + Long.toString(value).substring(1) : "+0" + value;
            default -> Long.toString(value);
        };
    }

    private String digits(int most) {
        int count = random.nextInt(most + 1);
        StringBuilder digits = new StringBuilder();
        boolean zeros = random.nextInt(4) == 0;
        for (int i = 0; i < count; i++) {
            digits.append(zeros && random.nextInt(5) != 0 ? 0 : random.nextInt(10));
        }
        return digits.toString();
    }

    private String numeric() {
        if (random.nextInt(100) == 0) {
            return pick("NaN", "nan", "Infinity", "-Infinity", "inf", "+inf", "-INF");
        }
        int most = pick(3, 9, 19, 60);
        String whole = digits(most);
        String fraction = digits(most);
        String number = whole.isEmpty() && fraction.isEmpty() ? "0" : whole;
        if (!fraction.isEmpty() || random.nextInt(10) == 0) {
            number = number.isEmpty() && fraction.isEmpty() ? "0." : number + "." + fraction;
        }
        number = pick("", "-", "+") + number;
        if (random.nextInt(6) == 0) {
            number += pick("e", "E", "e+", "e-") + random.nextInt(40);
        }
        return random.nextInt(10) == 0 ? " " + number + " " : number;
    }

    String text() {
        int length = switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> random.nextInt(300);
            default -> random.nextInt(40);
        };
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(switch (random.nextInt(10)) {
                case 0 -> random.nextInt(0xa0, 0x800);
                case 1 -> random.nextInt(0x4e00, 0x9f00);
                case 2 -> random.nextInt(0x1f300, 0x1f600);
                default -> random.nextInt(32, 127);
            });
        }
        return text.append(random.nextInt(4) == 0 ? " ".repeat(random.nextInt(4)) : "").toString();
    }

    private String uuid() {
        String uuid = new UUID(random.nextLong(), random.nextLong()).toString();
        return switch (random.nextInt(6)) {
            case 0 -> uuid.toUpperCase(Locale.ROOT);
            case 1 -> "{" + uuid + "}";
            case 2 -> uuid.replace("-", "");
            case 3 -> uuid.replace("-", "").replaceAll("(.{4})(?!$)", "$1-");
            default -> uuid;
        };
    }

    private String bytea() {
        byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 300 : 40)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            String hex = HexFormat.of().formatHex(bytes);
            return "\\x" + (random.nextBoolean() ? hex : hex.toUpperCase(Locale.ROOT).replaceAll("(.{4})", "$1 "));
        }
        StringBuilder escaped = new StringBuilder();
        for (byte b : bytes) {
            if (b == '\\') {
                escaped.append("\\\\");
            } else if (b >= 32 && b < 127) {
                escaped.append((char) b);
            } else {
                escaped.append(String.format("\\%03o", b & 0xff));
            }
        }
        return escaped.toString();
    }

    private String date(int days, boolean infinite) {
        if (infinite && random.nextInt(100) == 0) {
            return pick("infinity", "-infinity", "Infinity");
        }
        LocalDate date = LocalDate.of(2000, 1, 1).plusDays(random.nextInt(-2_451_545, days));
        boolean beforeChrist = date.getYear() <= 0;
        int year = beforeChrist ? 1 - date.getYear() : date.getYear();
        return String.format("%04d-%02d-%02d%s", year, date.getMonthValue(), date.getDayOfMonth(),
                beforeChrist ? " BC" : "");
    }

    private String timestamp(String zone) {
        String date = date(random.nextBoolean() ? 50_000 : 106_751_000, true);
        if (!Character.isDigit(date.charAt(0))) {
            return date;
        }
        String time = String.format("%02d:%02d", random.nextInt(24), random.nextInt(60));
        if (random.nextInt(8) != 0) {
            time += String.format(":%02d", random.nextInt(60));
            int digits = random.nextInt(7);
            if (digits > 0) {
                time += "." + String.format("%06d", random.nextInt(1_000_000)).substring(0, digits);
            }
        }
        boolean beforeChrist = date.endsWith(" BC");
        // A date alone is midnight; a zone after it is not read.
        if (zone.isEmpty() && random.nextInt(10) == 0) {
            return date;
        }
        return date.replace(" BC", "") + pick(" ", " ", "T", "  ") + time
                + (zone.isEmpty() ? pick("", "", "+03", "Z") : zone)
                + (beforeChrist ? " BC" : "");
    }

    private String zone() {
        return pick("Z", "z", "+00", "+02", "-07:30", "+0530", " +05:45", "-15:59:59", "+11:00", " Z");
    }

    /** The same with a character changed, dropped, doubled or put in. */
    String damaged(String value) {
        String noise = " -+:.eExT0159Zz,{}\\\"'%_tfnNyBC/ab\u00e9";
        StringBuilder text = new StringBuilder(value);
        for (int i = random.nextInt(1, 3); i > 0; i--) {
            int at = random.nextInt(text.length() + 1);
            char c = noise.charAt(random.nextInt(noise.length()));
            switch (random.nextInt(4)) {
                case 0 -> text.insert(at, c);
                case 1 -> text.replace(at, Math.min(at + 1, text.length()), "");
                case 2 -> text.replace(at, Math.min(at + 1, text.length()), String.valueOf(c));
                default -> text.insert(at, at < text.length() ? text.charAt(at) : c);
            }
        }
        return text.toString();
    }
}
