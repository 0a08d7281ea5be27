package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * An encoding other than UTF-8 that a client may speak. The nodes transcode what passes through; this is for what the proxy
 * itself reads (statements, shard keys) and writes (errors, rewritten statements).
 *
 * <p>Listed are those in which Java, with the exceptions of {@link PostgresCharset}, and PostgreSQL agree on every character in
 * both directions (compared over all code points and all bytes). Bytes below 128 may be the second of a character: nothing is
 * to look through such a text before it is UTF-8.
 *
 * <p>The tables of those of {@link PostgresCharset} are made when somebody first wants them, or known then not to be had with this
 * Java. An event loop sees to it ({@link #isReady}, {@link #prepare}) that it is not itself who makes them.
 */
public final class ClientEncoding {

    static final Map<String, ClientEncoding> BY_NAME = new HashMap<>();
    private static final Map<String, String> OTHERS = new HashMap<>();

    static {
        add("EUC_CN", "GB2312");
        add("EUC_KR", "EUC-KR");
        add("KOI8R", "KOI8-R", "koi8");
        add("KOI8U", "KOI8-U");
        add("LATIN1", "ISO-8859-1", "iso88591");
        add("LATIN2", "ISO-8859-2", "iso88592");
        add("LATIN3", "ISO-8859-3", "iso88593");
        add("LATIN4", "ISO-8859-4", "iso88594");
        add("LATIN5", "ISO-8859-9", "iso88599");
        add("LATIN6", IsoCharset.LATIN6, "iso885910");
        add("LATIN7", "ISO-8859-13", "iso885913");
        add("LATIN8", IsoCharset.LATIN8, "iso885914");
        add("LATIN9", "ISO-8859-15", "iso885915");
        add("LATIN10", "ISO-8859-16", "iso885916");
        for (int part = 5; part <= 8; part++) {
            add("ISO_8859_" + part, "ISO-8859-" + part);
        }
        for (int page = 1250; page <= 1258; page++) {
            add("WIN" + page, "windows-" + page, "windows" + page);
        }
        add("WIN866", "IBM866", "windows866", "alt");
        add("WIN874", "x-windows-874", "windows874");
        alias("WIN1251", "win");
        alias("WIN1258", "abc", "tcvn", "tcvn5712", "vscii");
        add("BIG5", MultibyteForm.PAIRS, "win950", "windows950");
        add("EUC_JP", MultibyteForm.EUC_JP);
        add("GB18030", MultibyteForm.GB18030);
        add("GBK", MultibyteForm.PAIRS, "win936", "windows936");
        add("SJIS", MultibyteForm.SJIS, "shiftjis", "mskanji", "win932", "windows932");
        add("UHC", MultibyteForm.PAIRS, "win949", "windows949");
        other("EUC_JIS_2004", "eucjis2004");
        other("EUC_TW", "euctw");
        other("JOHAB", "johab");
        other("MULE_INTERNAL", "muleinternal");
        other("SHIFT_JIS_2004", "shiftjis2004");
    }

    private final String name;
    /** Of one that Java alone does not know well enough; otherwise null. */
    private final MultibyteForm form;
    private final CharsetTables tables;

    ClientEncoding(String name, MultibyteForm form, CharsetTables tables) {
        this.name = name;
        this.form = form;
        this.tables = tables;
    }

    private static void add(String name, String charset, String... aliases) {
        add(name, Charset.forName(charset), aliases);
    }

    private static void add(String name, Charset charset, String... aliases) {
        BY_NAME.put(key(name), new ClientEncoding(name, null, CharsetTables.made(charset)));
        alias(name, aliases);
    }

    private static void add(String name, MultibyteForm form, String... aliases) {
        BY_NAME.put(key(name),
                new ClientEncoding(name, form, new CharsetTables(() -> PostgresCharset.of(name, form))));
        alias(name, aliases);
    }

    private static void alias(String name, String... aliases) {
        for (String alias : aliases) {
            BY_NAME.put(alias, BY_NAME.get(key(name)));
        }
    }

    private static void other(String name, String... aliases) {
        for (String alias : aliases) {
            OTHERS.put(alias, name);
        }
    }

    /** PostgreSQL compares the letters and digits of an encoding's name only. */
    private static String key(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }

    /**
     * The encoding of a name or alias; null for UTF8, for SQL_ASCII, which converts nothing, for what is not listed, and for what
     * is known not to be had.
     */
    public static ClientEncoding of(String name) {
        ClientEncoding encoding = BY_NAME.get(key(name));
        return encoding == null || encoding.tables.isMissing() ? null : encoding;
    }

    /** All that are served, as PostgreSQL spells them; makes the tables of all. */
    public static Collection<String> served() {
        return BY_NAME.values().stream().filter(encoding -> encoding.tables.get() != null).map(ClientEncoding::name)
                .distinct().sorted().toList();
    }

    /** Whether PostgreSQL knows the name, but the proxy does not transcode it exactly, as far as that is known yet. */
    public static boolean isUnserved(String name) {
        ClientEncoding encoding = BY_NAME.get(key(name));
        return encoding != null ? encoding.tables.isMissing() : OTHERS.containsKey(key(name));
    }

    /** Makes what an encoding needs, if there is one of the name, and waits for it. */
    static void prepare(String name) {
        ClientEncoding encoding = BY_NAME.get(key(name));
        if (encoding != null) {
            encoding.tables.get();
        }
    }

    /** Of one that is missing, ASCII, for the last words to a client who came to it all the same. */
    private Charset charset() {
        Charset made = tables.get();
        return made == null ? StandardCharsets.US_ASCII : made;
    }

    /** Whether using it, or finding that it is not served, takes no time. */
    public boolean isReady() {
        return tables.isDecided();
    }

    /** Whether it turned out that this Java has not what it needs. */
    public boolean isMissing() {
        return tables.isMissing();
    }

    /** Has what it needs made by an executor, once however many ask. */
    public CompletionStage<?> prepare(Executor executor) {
        return tables.prepare(executor);
    }

    /** As PostgreSQL spells an encoding's name, or null for one that it does not know. */
    public static String canonical(String name) {
        String key = key(name);
        ClientEncoding encoding = BY_NAME.get(key);
        return encoding != null
                ? encoding.name
                : switch (key) {
                    case "utf8", "unicode" -> "UTF8";
                    case "sqlascii" -> "SQL_ASCII";
                    default -> OTHERS.get(key);
                };
    }

    public String name() {
        return name;
    }

    public static boolean isAscii(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * What a client has written, in UTF-8.
     *
     * @throws ProtocolViolation 22021 or 22P05, as PostgreSQL has it, for bytes that are no character
     */
    public byte[] toUtf8(byte[] bytes, int from, int to) {
        return text(bytes, from, to).getBytes(StandardCharsets.UTF_8);
    }

    /** As above, as text. */
    public String text(byte[] bytes, int from, int to) {
        Charset charset = charset();
        CharsetDecoder decoder = charset.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from);
        CharBuffer out = CharBuffer.allocate((int) Math.ceil((to - from) * (double) decoder.maxCharsPerByte()) + 1);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isUnderflow()) {
            result = decoder.flush(out);
        }
        if (result.isError()) {
            int at = in.position();
            if (form != null) {
                int end = Math.min(to, at + form.length(bytes, at, to));
                throw result.isUnmappable()
                        ? ProtocolViolation.untranslatable(bytes, at, end, name)
                        : ProtocolViolation.notIn(bytes, at, end, name);
            }
            boolean single = charset.newEncoder().maxBytesPerChar() == 1;
            throw single
                    ? ProtocolViolation.untranslatable(bytes, at, at + 1, name)
                    : ProtocolViolation.notIn(bytes, at, Math.min(at + 2, to), name);
        }
        return out.flip().toString();
    }

    /** UTF-8 as the client reads it. What the encoding doesn't have is a question mark. */
    public byte[] fromUtf8(byte[] utf8, int from, int to) {
        return new String(utf8, from, to - from, StandardCharsets.UTF_8).getBytes(charset());
    }

    /** Whether a text can be written exactly. */
    public boolean canEncode(String text) {
        return charset().newEncoder().canEncode(text);
    }

    public byte[] fromText(String text) {
        return text.getBytes(charset());
    }

    /** Rewrites the messages of ours that begin at an index of a buffer, which are in UTF-8, for the client. */
    public void encodeMessages(ByteBuf out, int from) {
        byte[] all = new byte[out.writerIndex() - from];
        out.getBytes(from, all);
        if (!isAscii(all, 0, all.length)) {
            ByteBuf in = Unpooled.wrappedBuffer(all);
            out.writerIndex(from);
            while (in.isReadable()) {
                message(in, out, true);
            }
        }
    }

    /** A message of a node, with its header, in UTF-8. */
    public ByteBuf decodeMessage(ByteBuf frame) {
        ByteBuf out = Unpooled.buffer(frame.readableBytes() * 2);
        message(frame.slice(), out, false);
        return out;
    }

    private void message(ByteBuf in, ByteBuf out, boolean encode) {
        byte type = in.readByte();
        int length = in.readInt();
        ByteBuf body = in.readSlice(length - Integer.BYTES);
        out.writeByte(type);
        int lengthAt = out.writerIndex();
        out.writeInt(0);
        switch (type) {
            case 'T' -> {
                int columns = body.readUnsignedShort();
                out.writeShort(columns);
                for (int i = 0; i < columns; i++) {
                    text(body, body.bytesBefore((byte) 0), out, encode);
                    out.writeBytes(body, 1 + 18);
                }
            }
            case 'D' -> {
                int columns = body.readUnsignedShort();
                out.writeShort(columns);
                for (int i = 0; i < columns; i++) {
                    int size = body.readInt();
                    int sizeAt = out.writerIndex();
                    out.writeInt(size);
                    if (size >= 0) {
                        text(body, size, out, encode);
                        out.setInt(sizeAt, out.writerIndex() - sizeAt - Integer.BYTES);
                    }
                }
            }
            case 'A' -> {
                out.writeInt(body.readInt());
                text(body, body.readableBytes(), out, encode);
            }
            case 'E', 'N', 'C', 'S' -> text(body, body.readableBytes(), out, encode);
            default -> out.writeBytes(body);
        }
        out.setInt(lengthAt, out.writerIndex() - lengthAt);
    }

    private void text(ByteBuf in, int length, ByteBuf out, boolean encode) {
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        if (isAscii(bytes, 0, length)) {
            out.writeBytes(bytes);
        } else if (encode) {
            out.writeBytes(fromUtf8(bytes, 0, length));
        } else {
            Charset charset = charset();
            String text = charset instanceof PostgresCharset own ? own.ofNode(bytes) : new String(bytes, charset);
            out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
