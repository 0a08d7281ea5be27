package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BindLayout;
import dev.trunkline.wire.ClientEncoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The values of a Bind with their texts in UTF-8, in which shard keys are hashed. The message itself goes to the node as it came.
 *
 * @param bytes the message, with what had to be transcoded behind it
 */
record TranscodedValues(byte[] bytes, int[] starts, int[] lengths) {

    private static final int TEXT_FORMAT = 0;

    static TranscodedValues of(byte[] message, BindLayout layout, ClientStatement statement, ClientEncoding encoding) {
        int[] starts = layout.starts().clone();
        int[] lengths = layout.lengths().clone();
        List<byte[]> added = new ArrayList<>();
        int end = message.length;
        for (int i = 0; i < layout.count(); i++) {
            int start = starts[i];
            if (lengths[i] <= 0 || ClientEncoding.isAscii(message, start, start + lengths[i])
                    || !isText(layout.formats()[i], i, statement)) {
                continue;
            }
            byte[] utf8 = encoding.toUtf8(message, start, start + lengths[i]);
            added.add(utf8);
            starts[i] = end;
            lengths[i] = utf8.length;
            end += utf8.length;
        }
        byte[] all = Arrays.copyOf(message, end);
        int at = message.length;
        for (byte[] utf8 : added) {
            System.arraycopy(utf8, 0, all, at, utf8.length);
            at += utf8.length;
        }
        return new TranscodedValues(all, starts, lengths);
    }

    private static boolean isText(int format, int index, ClientStatement statement) {
        if (format == TEXT_FORMAT) {
            return true;
        }
        return switch (type(index, statement)) {
            case PgOid.TEXT, PgOid.VARCHAR, PgOid.BPCHAR -> true;
            case 0, PgOid.TEXT_ARRAY, PgOid.VARCHAR_ARRAY, PgOid.BPCHAR_ARRAY -> throw ProxyError.NOT_OVER_NODES.with(
                    "a binary array or a binary value of unknown type with a client_encoding other than UTF8",
                    "Send parameter $" + (index + 1) + " as text, or SET client_encoding TO 'UTF8'.");
            default -> false;
        };
    }

    private static int type(int index, ClientStatement statement) {
        int[] declared = statement.server().parameterTypes();
        if (index < declared.length && declared[index] != 0) {
            return declared[index];
        }
        int[] inferred = statement.plan().parameterTypes();
        return index < inferred.length ? inferred[index] : 0;
    }
}
