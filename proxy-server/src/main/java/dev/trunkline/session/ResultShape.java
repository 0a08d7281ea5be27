package dev.trunkline.session;

import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * What must stay as it is between the Describe of a statement and its execution: names and types of the columns, as in
 * PostgreSQL's equalRowTypes(). Where a column comes from may differ from node to node.
 */
record ResultShape(List<Column> columns) {

    private static final int HEADER = 5;

    private record Column(String name, int type, int modifier) {

        Column(Field field) {
            this(field.name(), field.typeOid(), field.modifier());
        }
    }

    /** The types of the columns. */
    int[] types() {
        return columns.stream().mapToInt(Column::type).toArray();
    }

    /** The shape that a RowDescription or NoData message says. */
    static ResultShape of(ByteBuf frame) {
        byte type = frame.getByte(frame.readerIndex());
        if (type == MessageTypes.NO_DATA) {
            return new ResultShape(List.of());
        }
        ByteBuf body = frame.slice(frame.readerIndex() + HEADER, frame.getInt(frame.readerIndex() + 1) - 4);
        RowDescription description = (RowDescription) BackendDecoder.decode(MessageTypes.ROW_DESCRIPTION, body);
        return new ResultShape(description.fields().stream().map(Column::new).toList());
    }
}
