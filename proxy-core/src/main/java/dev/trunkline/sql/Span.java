package dev.trunkline.sql;

/** A piece of the original text: UTF-16 offsets of one statement's text, {@code start} inclusive, {@code end} exclusive. */
public record Span(int start, int end) {

    public static final Span NONE = new Span(0, 0);

    public Span to(Span last) {
        return new Span(start, last.end);
    }

    public String of(CharSequence text) {
        return text.subSequence(start, end).toString();
    }
}
