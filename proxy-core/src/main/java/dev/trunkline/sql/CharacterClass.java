package dev.trunkline.sql;

/** What a byte may be in PostgreSQL's tokens, as bits of {@link #CLASS}. */
final class CharacterClass {

    static final byte NAME_START = 1;
    static final byte NAME_PART = 2;
    static final byte DIGIT = 4;
    static final byte SPACE = 8;
    static final byte OPERATOR_CHAR = 16;
    /** Operator characters that let a longer operator end in + or -. */
    static final byte FREE_OPERATOR_CHAR = 32;
    static final byte HEX_DIGIT = 64;
    static final byte[] CLASS = new byte[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
            boolean digit = c >= '0' && c <= '9';
            int bits = letter ? NAME_START | NAME_PART : 0;
            bits |= digit ? DIGIT | NAME_PART | HEX_DIGIT : 0;
            bits |= c == '$' ? NAME_PART : 0;
            bits |= c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' ? HEX_DIGIT : 0;
            bits |= " \t\n\r\f\u000b".indexOf(c) >= 0 ? SPACE : 0;
            bits |= "~!@#^&|`?+-*/%<>=".indexOf(c) >= 0 ? OPERATOR_CHAR : 0;
            bits |= "~!@#^&|`?%".indexOf(c) >= 0 ? FREE_OPERATOR_CHAR : 0;
            CLASS[c] = (byte) bits;
        }
    }

    private CharacterClass() {}
}
