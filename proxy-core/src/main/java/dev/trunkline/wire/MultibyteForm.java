package dev.trunkline.wire;

/**
 * Which bytes are a character of an encoding, whether or not it means anything: PostgreSQL's verifiers (src/common/wchar.c). In
 * all of them a byte below 128 that begins a character is ASCII; what follows a lead byte may look like ASCII as well.
 */
enum MultibyteForm {
    /** One byte from A1 to DF, or two. */
    SJIS {
        @Override
        int length(byte[] bytes, int at, int end) {
            int lead = bytes[at] & 0xFF;
            return lead >= 0xA1 && lead <= 0xDF ? 1 : 2;
        }

        @Override
        boolean verifies(byte[] b, int at, int length) {
            int lead = b[at] & 0xFF;
            return length == 1 || (in(lead, 0x81, 0x9F) || in(lead, 0xE0, 0xFC))
                    && (in(b[at + 1], 0x40, 0x7E) || in(b[at + 1], 0x80, 0xFC));
        }
    },
    /** Two bytes, the second of which is A1 to DF after 8E; three after 8F. */
    EUC_JP {
        @Override
        int length(byte[] bytes, int at, int end) {
            return (bytes[at] & 0xFF) == 0x8F ? 3 : 2;
        }

        @Override
        boolean verifies(byte[] b, int at, int length) {
            return (b[at] & 0xFF) == 0x8E
                    ? in(b[at + 1], 0xA1, 0xDF)
                    : (length == 3 || in(b[at], 0xA1, 0xFE)) && isEuc(b, at + 1, at + length);
        }
    },
    /** Two bytes, the second anything but zero: BIG5, GBK, UHC. */
    PAIRS {
        @Override
        int length(byte[] bytes, int at, int end) {
            return 2;
        }

        @Override
        boolean verifies(byte[] b, int at, int length) {
            // 8D 20 is what PostgreSQL itself puts where something is invalid.
            return b[at + 1] != 0 && !(b[at] == (byte) 0x8D && b[at + 1] == ' ');
        }
    },
    /** Two bytes, or four if the second is a digit. */
    GB18030 {
        @Override
        int length(byte[] bytes, int at, int end) {
            return at + 1 < end && in(bytes[at + 1], '0', '9') ? 4 : 2;
        }

        @Override
        boolean verifies(byte[] b, int at, int length) {
            return in(b[at], 0x81, 0xFE) && (length == 4
                    ? in(b[at + 2], 0x81, 0xFE) && in(b[at + 3], '0', '9')
                    : in(b[at + 1], 0x40, 0x7E) || in(b[at + 1], 0x80, 0xFE));
        }
    };

    /** How many bytes the character has that begins with a byte above 127. */
    abstract int length(byte[] bytes, int at, int end);

    /** Whether so many bytes, which are there, are a character. */
    abstract boolean verifies(byte[] b, int at, int length);

    private static boolean in(int b, int least, int most) {
        return (b & 0xFF) >= least && (b & 0xFF) <= most;
    }

    private static boolean isEuc(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!in(b[i], 0xA1, 0xFE)) {
                return false;
            }
        }
        return true;
    }
}
