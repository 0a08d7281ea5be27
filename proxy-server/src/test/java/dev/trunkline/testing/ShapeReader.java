package dev.trunkline.testing;

import dev.trunkline.testing.Shape.Part;
import dev.trunkline.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Reads the text of a shape: {@code Name part part key=part}. A part is {@code "text"} (escapes {@code \n \t \r \0 \" \\
 * \xHH}), {@code x'hex'}, a word or number, {@code null}, {@code *}, {@code ...}, or {@code [part part]}.
 */
final class ShapeReader {

    private final String text;
    private int at;

    private ShapeReader(String text) {
        this.text = text;
    }

    static Shape read(String text) {
        var reader = new ShapeReader(text.strip());
        String name = reader.word();
        var parts = new ArrayList<Part>();
        var named = new LinkedHashMap<String, Part>();
        while (reader.more()) {
            int start = reader.at;
            if ((Character.isLetter(reader.peek()) || reader.peek() == '_')
                    && !reader.text.startsWith("x'", reader.at)) {
                String key = reader.key();
                if (key != null) {
                    named.put(key, reader.part());
                    continue;
                }
                reader.at = start;
            }
            parts.add(reader.part());
        }
        return new Shape(name, parts, named);
    }

    private boolean more() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length();
    }

    private char peek() {
        return text.charAt(at);
    }

    /** The word before a {@code =}; null when there is none. */
    private String key() {
        int start = at;
        while (at < text.length() && (Character.isLetterOrDigit(peek()) || "_.".indexOf(peek()) >= 0)) {
            at++;
        }
        if (at < text.length() && peek() == '=') {
            at++;
            return text.substring(start, at - 1);
        }
        return null;
    }

    private Part part() {
        if (!more()) {
            throw new IllegalArgumentException("a part is missing at the end of: " + text);
        }
        if (peek() == '"') {
            return new Part.Text(string());
        }
        if (text.startsWith("x'", at)) {
            int end = text.indexOf('\'', at + 2);
            if (end < 0) {
                throw new IllegalArgumentException("x' is not closed in: " + text);
            }
            var bytes = Bytes.of(HexFormat.of().parseHex(text.substring(at + 2, end).replace(" ", "")));
            at = end + 1;
            return new Part.Text(bytes);
        }
        if (peek() == '[') {
            return sequence();
        }
        String word = word();
        return switch (word) {
            case "null" -> new Part.Null();
            case "*" -> new Part.Any();
            case "..." -> new Part.Rest();
            default -> new Part.Word(word);
        };
    }

    private Part sequence() {
        at++;
        List<Part> parts = new ArrayList<>();
        while (true) {
            if (!more()) {
                throw new IllegalArgumentException("[ is not closed in: " + text);
            }
            if (peek() == ']') {
                at++;
                return new Part.Seq(parts);
            }
            parts.add(part());
        }
    }

    private String word() {
        int start = at;
        while (at < text.length() && !Character.isWhitespace(peek()) && "[]\"".indexOf(peek()) < 0) {
            at++;
        }
        if (at == start) {
            throw new IllegalArgumentException("unexpected '" + peek() + "' at column " + (at + 1) + " of: " + text);
        }
        return text.substring(start, at);
    }

    private Bytes string() {
        var bytes = new ByteArrayOutputStream();
        at++;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            if (c == '"') {
                return Bytes.of(bytes.toByteArray());
            }
            if (c == '\\') {
                escape(bytes);
            } else {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        throw new IllegalArgumentException("\" is not closed in: " + text);
    }

    private void escape(ByteArrayOutputStream bytes) {
        char c = at < text.length() ? text.charAt(at++) : ' ';
        switch (c) {
            case 'n' -> bytes.write('\n');
            case 't' -> bytes.write('\t');
            case 'r' -> bytes.write('\r');
            case '0' -> bytes.write(0);
            case '"', '\\' -> bytes.write(c);
            case 'x' -> {
                bytes.write(HexFormat.fromHexDigits(text, at, at + 2));
                at += 2;
            }
            default -> throw new IllegalArgumentException("unknown escape \\" + c + " in: " + text);
        }
    }
}
