package dev.trunkline.execute;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Writes the row of a group: each column the value of its accumulator. */
final class GroupRow {

    private final Row view = new Row();
    private final ByteBuf body = Unpooled.buffer(256);

    void show(Accumulator[] columns) {
        body.clear();
        body.writeShort(columns.length);
        for (Accumulator column : columns) {
            column.write(body);
        }
        view.point(body, 0, body.writerIndex());
    }

    Row row() {
        return view;
    }
}
