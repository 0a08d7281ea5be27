package dev.trunkline.wire;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * An encoding of several bytes for a character as PostgreSQL converts it: Java's charset of the kind, but for the characters in
 * which the two differ. Those stand in {@code encodings.txt}, which a test compares with a node:
 *
 * <pre>
 * encoding SJIS windows-31j 1c291ca3    its name, Java's charset, and a checksum of what comes of both
 * read 301c 8160                        this character is read of these bytes, or (-) none
 * write 5c a5                           these bytes are written for this character, or (-) none
 * write - e000-e757                     the same for all of a range
 * </pre>
 *
 * <p>Java's charsets are not the same in all its versions: without the right checksum an encoding is not served. The tables are
 * made when the encoding is first asked for, and never changed.
 */
final class PostgresCharset extends Charset {

    private static final int ASCII = 0x80;
    private static final int PLANE = 0x10000;
    private static final int THIRD = 0x8F;
    private static final char NONE = 0;

    private final MultibyteForm form;
    private final Charset base;
    /** Characters of one byte and of two; of three behind 8F. 0 where there is none. */
    private final char[] pairs = new char[PLANE];
    private final char[] behind8f;
    /** Bytes by character, as a number; 0 where there are none. */
    private final int[] written = new int[PLANE];
    /** Characters that are written as one byte above 127. */
    private final char[] writtenAlone = new char[0x100];
    /** Of four bytes, those that Java reads in another way. */
    private final Map<Integer, Integer> otherwiseRead = new HashMap<>();

    private PostgresCharset(String name, MultibyteForm form, Charset base) {
        super("X-Trunkline-PostgreSQL-" + name, new String[0]);
        this.form = form;
        this.base = base;
        this.behind8f = form == MultibyteForm.EUC_JP ? new char[PLANE] : null;
        readBase();
        writeBase();
    }

    /** Java's charset with the exceptions of a resource; null where this Java has not what the exceptions are of. */
    static PostgresCharset of(String name, MultibyteForm form) {
        try (InputStream in = PostgresCharset.class.getResourceAsStream("encodings.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            PostgresCharset charset = null;
            String checksum = null;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] field = line.split(" ");
                if (field[0].equals("encoding")) {
                    if (charset != null) {
                        break;
                    }
                    if (field[1].equals(name) && Charset.isSupported(field[2])) {
                        charset = new PostgresCharset(name, form, Charset.forName(field[2]));
                        checksum = field[3];
                    }
                } else if (charset != null) {
                    charset.except(field);
                }
            }
            return charset != null && charset.complete().checksum().equals(checksum) ? charset : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Java's charset as it is. */
    static PostgresCharset plain(String name, MultibyteForm form, String base) {
        return new PostgresCharset(name, form, Charset.forName(base));
    }

    void except(String[] field) {
        int value = field[1].equals("-") ? 0 : Integer.parseUnsignedInt(field[1], 16);
        String[] range = field[2].split("-");
        long first = Long.parseLong(range[0], 16);
        long last = Long.parseLong(range[range.length - 1], 16);
        for (long at = first; at <= last; at++) {
            if (field[0].equals("write")) {
                written[(int) at] = value;
            } else if (at < PLANE) {
                pairs[(int) at] = (char) value;
            } else if (at >> 16 == THIRD && behind8f != null) {
                behind8f[(int) at & 0xFFFF] = (char) value;
            } else {
                otherwiseRead.put((int) at, value);
            }
        }
    }

    private PostgresCharset complete() {
        for (int point = ASCII; point < PLANE; point++) {
            if (written[point] >= ASCII && written[point] < writtenAlone.length) {
                writtenAlone[written[point]] = (char) point;
            }
        }
        return this;
    }

    /** Of all that the tables hold. */
    String checksum() {
        CRC32 sum = new CRC32();
        ByteBuffer all = ByteBuffer.allocate(PLANE * 8);
        for (int i = 0; i < PLANE; i++) {
            all.putChar(pairs[i]).putChar(behind8f == null ? NONE : behind8f[i]).putInt(written[i]);
        }
        sum.update(all.array());
        return HexFormat.of().toHexDigits((int) sum.getValue());
    }

    private void readBase() {
        CharsetDecoder decoder = reporting(base);
        ByteBuffer in = ByteBuffer.allocate(3);
        CharBuffer out = CharBuffer.allocate(4);
        byte[] bytes = in.array();
        for (int code = ASCII; code < PLANE; code++) {
            int length = code < 0x100 ? 1 : 2;
            bytes[0] = (byte) (code < 0x100 ? code : code >> 8);
            bytes[1] = (byte) code;
            pairs[code] = bytes[0] < 0 ? one(decoder, in.limit(length), out) : NONE;
            if (behind8f != null) {
                bytes[2] = bytes[1];
                bytes[1] = (byte) (code >> 8);
                bytes[0] = (byte) THIRD;
                behind8f[code] = one(decoder, in.limit(3), out);
            }
        }
    }

    private char one(CharsetDecoder decoder, ByteBuffer in, CharBuffer out) {
        int length = in.limit();
        boolean whole = form.length(in.array(), 0, length) == length && form.verifies(in.array(), 0, length);
        return whole && decodes(decoder, in.position(0), out.clear()) && out.position() == 1 ? out.get(0) : NONE;
    }

    /** Whether some bytes are characters. Without exceptions, because there are ten thousands that are none. */
    private static boolean decodes(CharsetDecoder decoder, ByteBuffer in, CharBuffer out) {
        decoder.reset();
        return decoder.decode(in, out, true).isUnderflow() && decoder.flush(out).isUnderflow();
    }

    private void writeBase() {
        CharsetEncoder encoder = reportingEncoder();
        CharBuffer in = CharBuffer.allocate(1);
        ByteBuffer out = ByteBuffer.allocate(8);
        for (int point = ASCII; point < PLANE; point++) {
            if (!Character.isSurrogate((char) point)) {
                written[point] = bytesOf(encoder, in.clear().put(0, (char) point), out.clear());
            }
        }
    }

    private static int bytesOf(CharsetEncoder encoder, CharBuffer in, ByteBuffer out) {
        encoder.reset();
        if (!encoder.encode(in, out, true).isUnderflow() || !encoder.flush(out).isUnderflow()) {
            return 0;
        }
        int number = 0;
        for (int i = 0; i < out.position(); i++) {
            number = number << 8 | out.get(i) & 0xFF;
        }
        return number;
    }

    private static CharsetDecoder reporting(Charset charset) {
        return charset.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    private CharsetEncoder reportingEncoder() {
        return base.newEncoder().onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    @Override
    public boolean contains(Charset other) {
        return other.name().equals("US-ASCII") || other == this;
    }

    /** What a node has written. Some of it, it would not read: GBK's byte 80 by itself. */
    String ofNode(byte[] bytes) {
        try {
            return newDecoder(true).onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE).decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException never) {
            throw new IllegalStateException(never);
        }
    }

    @Override
    public CharsetDecoder newDecoder() {
        return newDecoder(false);
    }

    private CharsetDecoder newDecoder(boolean ofNode) {
        CharsetDecoder four = reporting(base);
        return new CharsetDecoder(this, 1, 1) {
            @Override
            protected CoderResult decodeLoop(ByteBuffer in, CharBuffer out) {
                byte[] bytes = new byte[4];
                while (in.hasRemaining()) {
                    int available = Math.min(in.remaining(), bytes.length);
                    in.get(in.position(), bytes, 0, available);
                    boolean single = bytes[0] >= 0 || ofNode && writtenAlone[bytes[0] & 0xFF] != NONE;
                    int length = single ? 1 : form.length(bytes, 0, available);
                    if (length > available) {
                        return CoderResult.UNDERFLOW;
                    }
                    if (!single && !form.verifies(bytes, 0, length)) {
                        return CoderResult.malformedForLength(length);
                    }
                    int point = bytes[0] >= 0
                            ? bytes[0]
                            : single ? writtenAlone[bytes[0] & 0xFF] : point(four, bytes, length);
                    if (point == NONE && bytes[0] != 0) {
                        return CoderResult.unmappableForLength(length);
                    }
                    if (out.remaining() < Character.charCount(point)) {
                        return CoderResult.OVERFLOW;
                    }
                    out.put(Character.toChars(point));
                    in.position(in.position() + length);
                }
                return CoderResult.UNDERFLOW;
            }
        };
    }

    private int point(CharsetDecoder four, byte[] bytes, int length) {
        int low = (bytes[0] & 0xFF) << 8 | bytes[1] & 0xFF;
        return switch (length) {
            case 1 -> pairs[bytes[0] & 0xFF];
            case 2 -> pairs[low];
            case 3 -> behind8f == null ? NONE : behind8f[(bytes[1] & 0xFF) << 8 | bytes[2] & 0xFF];
            default -> {
                Integer other = otherwiseRead.get(low << 16 | (bytes[2] & 0xFF) << 8 | bytes[3] & 0xFF);
                if (other != null) {
                    yield other;
                }
                CharBuffer out = CharBuffer.allocate(4);
                boolean one = decodes(four, ByteBuffer.wrap(bytes, 0, length), out)
                        && Character.codePointCount(out.flip(), 0, out.length()) == 1;
                yield one ? Character.codePointAt(out, 0) : NONE;
            }
        };
    }

    @Override
    public CharsetEncoder newEncoder() {
        CharsetEncoder beyond = reportingEncoder();
        int most = form == MultibyteForm.GB18030 ? 4 : form == MultibyteForm.EUC_JP ? 3 : 2;
        return new CharsetEncoder(this, most, most) {
            @Override
            protected CoderResult encodeLoop(CharBuffer in, ByteBuffer out) {
                while (in.hasRemaining()) {
                    char c = in.get(in.position());
                    boolean pair = Character.isHighSurrogate(c);
                    if (pair && in.remaining() < 2) {
                        return CoderResult.UNDERFLOW;
                    }
                    if (Character.isSurrogate(c)
                            && !(pair && Character.isLowSurrogate(in.get(in.position() + 1)))) {
                        return CoderResult.malformedForLength(1);
                    }
                    int bytes = c < ASCII
                            ? c
                            : pair
                                    ? bytesOf(beyond, in.duplicate().limit(in.position() + 2), ByteBuffer.allocate(8))
                                    : written[c];
                    if (bytes == 0 && c != 0) {
                        return CoderResult.unmappableForLength(pair ? 2 : 1);
                    }
                    int length = Math.max(1, (39 - Integer.numberOfLeadingZeros(bytes)) / 8);
                    if (out.remaining() < length) {
                        return CoderResult.OVERFLOW;
                    }
                    for (int shift = (length - 1) * 8; shift >= 0; shift -= 8) {
                        out.put((byte) (bytes >> shift));
                    }
                    in.position(in.position() + (pair ? 2 : 1));
                }
                return CoderResult.UNDERFLOW;
            }
        };
    }
}
