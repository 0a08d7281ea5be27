package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;

/** Takes the one word that a node answers to a question of the session's own. */
final class WordSink implements MessageSink {

    private String word;

    /** Null if there was no row, or NULL. */
    String word() {
        return word;
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (type == MessageTypes.DATA_ROW) {
            ByteBuf row = from.encoding() == null ? frame : from.encoding().decodeMessage(frame);
            Bytes value = BackendDecoder.dataRow(row).getFirst();
            word = value == null ? null : value.text();
        }
    }
}
