package dev.trunkline.value;

/**
 * Reads dates and timestamps in ISO 8601 spelling, year first, which means the same under every DateStyle: {@code
 * 2020-01-31}, {@code 2020-01-31 10:00:00.5+02}, {@code 0044-03-15 BC}, {@code infinity}. A timestamptz needs its zone as
 * an offset or {@code Z}: without one it would depend on TimeZone.
 *
 * <p>
 * A date is days, a timestamp microseconds since 2000-01-01 00:00:00, as the server stores them.
 */
final class IsoDateTime {

    static final int DATE_INFINITY = Integer.MAX_VALUE;
    static final int DATE_NEGATIVE_INFINITY = Integer.MIN_VALUE;
    static final long INFINITY = Long.MAX_VALUE;
    static final long NEGATIVE_INFINITY = Long.MIN_VALUE;
    static final long MICROS_PER_DAY = 86_400_000_000L;

    private static final long LEAST_DATE = -2451545;
    private static final long END_DATE = 2145031949;
    /** {@code MIN_TIMESTAMP} and {@code END_TIMESTAMP}: 4714-11-24 BC to 294277-01-01, exclusive. */
    private static final long LEAST_TIMESTAMP = -211813488000000000L;
    private static final long END_TIMESTAMP = 9223371331200000000L;
    private static final int[] DAYS_OF_MONTH = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private final byte[] bytes;
    private final int end;
    private int at;

    private IsoDateTime(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    static int date(byte[] bytes, int offset, int length) throws UnreadableValue {
        int start = Spelling.start(bytes, offset, offset + length);
        int end = Spelling.end(bytes, start, offset + length);
        if (Spelling.is("infinity", bytes, start, end - start)) {
            return DATE_INFINITY;
        }
        if (Spelling.is("-infinity", bytes, start, end - start)) {
            return DATE_NEGATIVE_INFINITY;
        }
        IsoDateTime text = new IsoDateTime(bytes, start, end);
        boolean beforeChrist = text.endsInBc();
        long days = text.days(beforeChrist);
        text.finish(beforeChrist);
        return checkedDate(days);
    }

    /** With {@code zoned} a timestamptz, otherwise a timestamp, which ignores a zone as the server does. */
    static long timestamp(byte[] bytes, int offset, int length, boolean zoned) throws UnreadableValue {
        int start = Spelling.start(bytes, offset, offset + length);
        int end = Spelling.end(bytes, start, offset + length);
        if (Spelling.is("infinity", bytes, start, end - start)) {
            return INFINITY;
        }
        if (Spelling.is("-infinity", bytes, start, end - start)) {
            return NEGATIVE_INFINITY;
        }
        IsoDateTime text = new IsoDateTime(bytes, start, end);
        boolean beforeChrist = text.endsInBc();
        long days = text.days(beforeChrist);
        // Looked at before the product overflows; a zone may bring the next day back into the range.
        if (days < LEAST_DATE - 1 || days > END_TIMESTAMP / MICROS_PER_DAY) {
            throw new UnreadableValue("it is out of range for a timestamp");
        }
        long micros = days * MICROS_PER_DAY;
        if (text.takes('T') || text.takesBlanks() && text.isDigit()) {
            micros += text.time();
            text.takesBlanks();
            if (text.isZone()) {
                long displacement = text.zone();
                micros -= zoned ? displacement : 0;
            } else if (zoned) {
                throw new UnreadableValue("a timestamptz without its zone depends on the setting TimeZone");
            }
        } else if (zoned) {
            throw new UnreadableValue("a timestamptz without its zone depends on the setting TimeZone");
        }
        text.finish(beforeChrist);
        return checkedTimestamp(micros);
    }

    static int checkedDate(long days) throws UnreadableValue {
        if (days < LEAST_DATE || days >= END_DATE) {
            throw new UnreadableValue("it is out of range for a date");
        }
        return (int) days;
    }

    static long checkedTimestamp(long micros) throws UnreadableValue {
        if (micros < LEAST_TIMESTAMP || micros >= END_TIMESTAMP) {
            throw new UnreadableValue("it is out of range for a timestamp");
        }
        return micros;
    }

    static boolean isFinite(long micros) {
        return micros != INFINITY && micros != NEGATIVE_INFINITY;
    }

    /** Midnight of a date, as a timestamp. */
    static long midnight(int date) throws UnreadableValue {
        if (date == DATE_INFINITY) {
            return INFINITY;
        }
        if (date == DATE_NEGATIVE_INFINITY) {
            return NEGATIVE_INFINITY;
        }
        if (date >= END_TIMESTAMP / MICROS_PER_DAY) {
            throw new UnreadableValue("it is out of range for a timestamp");
        }
        return date * MICROS_PER_DAY;
    }

    static int dateOf(long micros) {
        return micros == INFINITY
                ? DATE_INFINITY
                : micros == NEGATIVE_INFINITY ? DATE_NEGATIVE_INFINITY : (int) Math.floorDiv(micros, MICROS_PER_DAY);
    }

    /** A timestamp in a column {@code timestamp(p)}: rounded half away from 2000-01-01. */
    static long withModifier(long micros, int modifier) {
        if (modifier < 0 || modifier >= 6 || !isFinite(micros)) {
            return micros;
        }
        long unit = 1;
        for (int i = modifier; i < 6; i++) {
            unit *= 10;
        }
        return micros >= 0 ? (micros + unit / 2) / unit * unit : -((-micros + unit / 2) / unit * unit);
    }

    private boolean endsInBc() {
        return end - at > 3 && bytes[end - 3] == ' ' && (bytes[end - 2] | 32) == 'b' && (bytes[end - 1] | 32) == 'c';
    }

    private void finish(boolean beforeChrist) throws UnreadableValue {
        takesBlanks();
        if (at != (beforeChrist ? end - 2 : end)) {
            throw unreadable();
        }
    }

    private static UnreadableValue unreadable() {
        return new UnreadableValue("it is not a date or time in ISO spelling");
    }

    private boolean isDigit() {
        return at < end && bytes[at] >= '0' && bytes[at] <= '9';
    }

    private boolean takes(char c) {
        if (at < end && bytes[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private boolean takesBlanks() {
        int from = at;
        while (at < end && bytes[at] == ' ') {
            at++;
        }
        return at > from;
    }

    private int digits(int least, int most) throws UnreadableValue {
        int value = 0;
        int count = 0;
        while (isDigit() && count < most) {
            value = value * 10 + bytes[at++] - '0';
            count++;
        }
        if (count < least || isDigit()) {
            throw unreadable();
        }
        return value;
    }

    private long days(boolean beforeChrist) throws UnreadableValue {
        int year = digits(4, 7);
        boolean hyphens = takes('-');
        int month = digits(2, 2);
        hyphens &= takes('-');
        int day = digits(2, 2);
        int proleptic = beforeChrist ? 1 - year : year;
        boolean leap = proleptic % 4 == 0 && (proleptic % 100 != 0 || proleptic % 400 == 0);
        if (!hyphens || year == 0 || month < 1 || month > 12 || day < 1
                || day > DAYS_OF_MONTH[month - 1] - (month == 2 && !leap ? 1 : 0)) {
            throw unreadable();
        }
        return daysSince2000(proleptic, month, day);
    }

    /** In the proleptic Gregorian calendar, with a year 0 before the year 1; years are counted from March. */
    private static long daysSince2000(int year, int month, int day) {
        long y = month <= 2 ? year - 1L : year;
        long era = Math.floorDiv(y, 400);
        long yearOfEra = y - era * 400;
        long dayOfYear = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 730425;
    }

    private long time() throws UnreadableValue {
        int hour = digits(2, 2);
        if (!takes(':')) {
            throw unreadable();
        }
        int minute = digits(2, 2);
        int second = 0;
        long fraction = 0;
        if (takes(':')) {
            second = digits(2, 2);
            if (takes('.')) {
                fraction = fraction();
            }
        }
        if (hour > 23 || minute > 59 || second > 59) {
            throw unreadable();
        }
        return ((hour * 60L + minute) * 60 + second) * 1_000_000 + fraction;
    }

    private long fraction() throws UnreadableValue {
        long micros = 0;
        int count = 0;
        while (isDigit() && count < 6) {
            micros = micros * 10 + bytes[at++] - '0';
            count++;
        }
        // A seventh digit would be rounded by way of a double: not worth following.
        if (count == 0 || isDigit()) {
            throw unreadable();
        }
        for (; count < 6; count++) {
            micros *= 10;
        }
        return micros;
    }

    private boolean isZone() {
        return at < end && (bytes[at] == '+' || bytes[at] == '-' || bytes[at] == 'Z' || bytes[at] == 'z');
    }

    /** Two digits, which those of the minutes may follow at once. */
    private int hourOfZone() throws UnreadableValue {
        if (end - at < 2 || !isDigit() || bytes[at + 1] < '0' || bytes[at + 1] > '9') {
            throw unreadable();
        }
        int hour = (bytes[at] - '0') * 10 + bytes[at + 1] - '0';
        at += 2;
        return hour;
    }

    /** The zone's displacement east of UTC, in microseconds. */
    private long zone() throws UnreadableValue {
        if (takes('Z') || takes('z')) {
            return 0;
        }
        boolean west = bytes[at++] == '-';
        int hour = hourOfZone();
        int minute = 0;
        int second = 0;
        if (isDigit()) {
            minute = digits(2, 2);
        } else if (takes(':')) {
            minute = digits(2, 2);
            second = takes(':') ? digits(2, 2) : 0;
        }
        if (hour > 15 || minute > 59 || second > 59) {
            throw unreadable();
        }
        long displacement = ((hour * 60L + minute) * 60 + second) * 1_000_000;
        return west ? -displacement : displacement;
    }
}
