package dev.trunkline.session;

import dev.trunkline.sql.CommentFreeText;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.ErrorFields.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Finds in a client's text what a node says of the text that was made from it. */
final class RewrittenText {

    private RewrittenText() {}

    /**
     * A node's error with its position in the client's text, or with none where the two texts differ.
     *
     * @param written what the client wrote
     * @param sent what the node got
     */
    static ErrorFields asWritten(ErrorFields fields, byte[] written, byte[] sent) {
        String position = fields.get(ErrorFields.POSITION);
        if (position == null || Arrays.equals(written, sent)) {
            return fields;
        }
        // A plan may come from another spelling of the statement, with other comments before it.
        int writtenBefore = LexedText.firstToken(written);
        int sentBefore = LexedText.firstToken(sent);
        int inStatement = Integer.parseInt(position) - codePoints(Arrays.copyOf(sent, sentBefore)).length;
        int found = position(inStatement, codePoints(Arrays.copyOfRange(written, writtenBefore, written.length)),
                codePoints(Arrays.copyOfRange(sent, sentBefore, sent.length)));
        return withoutPosition(fields).withPosition(
                found <= 0 ? 0 : found + codePoints(Arrays.copyOf(written, writtenBefore)).length);
    }

    /** As above, for a text that was sent without its comments. */
    static ErrorFields withComments(ErrorFields fields, byte[] written, byte[] sent, boolean standardStrings) {
        String position = fields.get(ErrorFields.POSITION);
        return position == null
                ? fields
                : withoutPosition(fields).withPosition(
                        CommentFreeText.placeIn(written, sent, Integer.parseInt(position), standardStrings));
    }

    /** A node's error about a part of a text with its position in the whole. */
    static ErrorFields after(ErrorFields fields, byte[] before) {
        String position = fields.get(ErrorFields.POSITION);
        return position == null || before.length == 0
                ? fields
                : withoutPosition(fields).withPosition(Integer.parseInt(position) + codePoints(before).length);
    }

    /** A node's error about a text that the client has never written. */
    static ErrorFields withoutPosition(ErrorFields fields) {
        List<Field> others = fields.fields().stream().filter(f -> f.code() != ErrorFields.POSITION).toList();
        return new ErrorFields(others);
    }

    private static int[] codePoints(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).codePoints().toArray();
    }

    /** Positions count characters from 1; 0 for none. */
    private static int position(int inSent, int[] written, int[] sent) {
        int shorter = Math.min(written.length, sent.length);
        int start = 0;
        while (start < shorter && written[start] == sent[start]) {
            start++;
        }
        if (inSent <= start) {
            return inSent;
        }
        int end = 0;
        while (end < shorter - start && written[written.length - 1 - end] == sent[sent.length - 1 - end]) {
            end++;
        }
        return inSent > sent.length - end ? inSent - sent.length + written.length : 0;
    }
}
