package dev.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The value of a field of a COPY: its bytes without quotes and escapes. Reused from row to row, by one thread. */
final class FieldText {

    private final CopyFormat format;
    private final byte[] nullText;
    private byte[] scratch = new byte[64];
    private byte[] bytes;
    private int offset;
    private int length;
    private boolean quoted;

    FieldText(CopyFormat format) {
        this.format = format;
        this.nullText = format.nullText().getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a field; its value is NULL when {@link #length} is -1. */
    void read(byte[] row, int from, int to, boolean forceNull, boolean forceNotNull) {
        quoted = false;
        if (format.csv()) {
            csv(row, from, to);
            boolean matches = quoted
                    ? forceNull && Arrays.equals(bytes, offset, offset + length, nullText, 0, nullText.length)
                    : !forceNotNull && Arrays.equals(row, from, to, nullText, 0, nullText.length);
            if (matches) {
                length = -1;
            }
        } else if (Arrays.equals(row, from, to, nullText, 0, nullText.length)) {
            length = -1;
        } else {
            text(row, from, to);
        }
    }

    private void plain(byte[] row, int from, int to) {
        bytes = row;
        offset = from;
        length = to - from;
    }

    private void scratch(int size) {
        if (scratch.length < size) {
            scratch = new byte[Math.max(size, 2 * scratch.length)];
        }
        bytes = scratch;
        offset = 0;
        length = 0;
    }

    private void csv(byte[] row, int from, int to) {
        byte quote = format.quote();
        int at = from;
        while (at < to && row[at] != quote) {
            at++;
        }
        if (at == to) {
            plain(row, from, to);
            return;
        }
        quoted = true;
        scratch(to - from);
        boolean inside = false;
        for (at = from; at < to; at++) {
            byte c = row[at];
            if (!inside) {
                if (c == quote) {
                    inside = true;
                    continue;
                }
            } else if (c == format.escape() && at + 1 < to
                    && (row[at + 1] == quote || row[at + 1] == format.escape())) {
                c = row[++at];
            } else if (c == quote) {
                inside = false;
                continue;
            }
            scratch[length++] = c;
        }
    }

    private void text(byte[] row, int from, int to) {
        int at = from;
        while (at < to && row[at] != '\\') {
            at++;
        }
        if (at == to) {
            plain(row, from, to);
            return;
        }
        scratch(to - from);
        for (at = from; at < to; at++) {
            byte c = row[at];
            if (c == '\\' && at + 1 < to) {
                c = row[++at];
                switch (c) {
                    case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                        int last = Math.min(at + 3, to);
                        int value = 0;
                        while (at < last && row[at] >= '0' && row[at] <= '7') {
                            value = value * 8 + row[at++] - '0';
                        }
                        at--;
                        c = (byte) value;
                    }
                    case 'x' -> {
                        int last = Math.min(at + 3, to);
                        int digits = at + 1;
                        int value = 0;
                        while (digits < last && Character.digit(row[digits], 16) >= 0) {
                            value = value * 16 + Character.digit(row[digits++], 16);
                        }
                        if (digits > at + 1) {
                            at = digits - 1;
                            c = (byte) value;
                        }
                    }
                    case 'b' -> c = '\b';
                    case 'f' -> c = '\f';
                    case 'n' -> c = '\n';
                    case 'r' -> c = '\r';
                    case 't' -> c = '\t';
                    case 'v' -> c = 0x0b;
                    default -> {
                        // Any other character stands for itself.
                    }
                }
            }
            scratch[length++] = c;
        }
    }

    byte[] bytes() {
        return bytes;
    }

    int offset() {
        return offset;
    }

    /** -1 for NULL. */
    int length() {
        return length;
    }
}
