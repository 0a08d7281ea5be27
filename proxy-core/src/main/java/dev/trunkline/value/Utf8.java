package dev.trunkline.value;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** UTF-8 as PostgreSQL accepts it: no surrogates, no overlong forms, nothing past U+10FFFF, and no zero byte. */
final class Utf8 {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LOW_BITS = 0x0101010101010101L;

    private Utf8() {}

    /** Fails where the server would say {@code invalid byte sequence for encoding "UTF8"}. */
    static void check(byte[] bytes, int offset, int length) throws UnreadableValue {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            if (end - at >= 8) {
                long word = (long) LONG.get(bytes, at);
                if (((word | (word - LOW_BITS)) & HIGH_BITS) == 0) {
                    at += 8;
                    continue;
                }
            }
            int size = sequence(bytes, at, end);
            if (size == 0) {
                throw new UnreadableValue("it is not valid UTF-8");
            }
            at += size;
        }
    }

    private static int sequence(byte[] bytes, int at, int end) {
        int lead = bytes[at] & 0xff;
        if (lead < 0x80) {
            return lead == 0 ? 0 : 1;
        }
        int size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
        if (size == 0 || at + size > end) {
            return 0;
        }
        int second = bytes[at + 1] & 0xff;
        int least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < least || second > most) {
            return 0;
        }
        for (int i = 2; i < size; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return size;
    }

    /** How many bytes the first {@code characters} take; {@code length} where there are no more than that. */
    static int prefix(byte[] bytes, int offset, int length, int characters) {
        if (length <= characters) {
            return length;
        }
        int seen = 0;
        for (int i = 0; i < length; i++) {
            if ((bytes[offset + i] & 0xc0) != 0x80 && seen++ == characters) {
                return i;
            }
        }
        return length;
    }

    /** The length without trailing blanks. */
    static int trimmed(byte[] bytes, int offset, int length) {
        int left = length;
        while (left > 0 && bytes[offset + left - 1] == ' ') {
            left--;
        }
        return left;
    }
}
