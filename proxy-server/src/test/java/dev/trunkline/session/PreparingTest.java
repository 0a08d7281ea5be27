package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read of a node's description of a statement. */
class PreparingTest {

    /** pgx: a node that describes 65,536 parameters counts them in 16 bits, and the connection was closed for it. */
    @Test
    void moreParametersThanCanBeCounted() {
        ByteBuf description = Unpooled.buffer();
        description.writeByte(MessageTypes.PARAMETER_DESCRIPTION).writeInt(4 + 2 + 4 * 65_536).writeShort(65_536);
        for (int i = 0; i < 65_536; i++) {
            description.writeInt(25);
        }
        BackendEncoder.noData(description);
        byte[] bytes = description.array();
        assertEquals(65_536, Preparing.parameterTypes(bytes).length);
        assertEquals(25, Preparing.parameterTypes(bytes)[65_535]);
        assertEquals(ClientStatement.NO_ROWS, Preparing.columnTypes(bytes));
    }

    @Test
    void typesInTheirOrder() {
        ByteBuf description = Unpooled.buffer();
        BackendEncoder.parameterDescription(description, List.of(23, 25, -1));
        BackendEncoder.rowDescription(description, List.of(SettingActions.text("a"), SettingActions.text("b")));
        assertArrayEquals(new int[]{23, 25, -1}, Preparing.parameterTypes(description.array()));
        assertArrayEquals(new int[]{25, 25}, Preparing.columnTypes(description.array()));
    }
}
