package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.FrontendMessage.Bind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The layouts find in place what the decoders copy out, and refuse what the decoders refuse. */
class LayoutTest {

    private final BindLayout bind = new BindLayout();
    private final RowLayout row = new RowLayout();

    @Test
    void bindsReadInPlace() {
        for (FrontendMessage message : SampleMessages.frontend()) {
            if (message instanceof Bind b) {
                ByteBuf body = body(MessageCodecTest.bytes(out -> FrontendEncoder.encode(b, out)));
                bind.read(body);
                assertEquals(b, inPlace(body, b.formats().size()));
            }
        }
    }

    @Test
    void formatsAreSpreadOverTheParameters() {
        bind.read(body(MessageCodecTest.bytes(out -> FrontendEncoder.encode(
                new Bind("", "", List.of(1), Arrays.asList(Bytes.EMPTY, null), List.of(1)), out))));
        assertEquals(1, bind.formats()[0]);
        assertEquals(1, bind.formats()[1]);
        bind.read(body(MessageCodecTest.bytes(out -> FrontendEncoder.encode(
                new Bind("", "", List.of(), Arrays.asList(Bytes.EMPTY, null), List.of()), out))));
        assertEquals(0, bind.formats()[0]);
        assertEquals(0, bind.formats()[1]);
    }

    @Test
    void rowsReadInPlace() {
        for (BackendMessage message : SampleMessages.backend()) {
            if (message instanceof DataRow r) {
                ByteBuf body = body(MessageCodecTest.bytes(out -> BackendEncoder.encode(r, out)));
                row.read(body);
                assertEquals(r, rowInPlace(body));
            }
        }
    }

    /** Seeded. A layout and a decoder agree on every body: both refuse it, or both find the same. */
    @Test
    void layoutsAgreeWithDecodersOnGarbage() {
        var random = new Random(7);
        int good = 0;
        for (int round = 0; round < 300_000; round++) {
            var bytes = new byte[random.nextInt(30)];
            for (int i = 0; i < bytes.length; i++) {
                int kind = random.nextInt(8);
                bytes[i] = (byte) (kind == 0 ? random.nextInt(256) : kind == 1 ? 1 : kind == 2 ? 2 : 0);
            }
            good += agree(() -> FrontendDecoder.decode((byte) 'B', Unpooled.wrappedBuffer(bytes)), () -> {
                ByteBuf body = Unpooled.wrappedBuffer(bytes);
                bind.read(body);
                bind.checkResultFormats(body);
                return inPlace(body, -1);
            });
            good += agree(() -> BackendDecoder.decode((byte) 'D', Unpooled.wrappedBuffer(bytes)), () -> {
                ByteBuf body = Unpooled.wrappedBuffer(bytes);
                row.read(body);
                return rowInPlace(body);
            });
        }
        assertEquals(true, good > 1_000, "only " + good + " bodies were good");
    }

    private interface Reading {
        Object read();
    }

    private static int agree(Reading decoder, Reading layout) {
        Object expected;
        try {
            expected = decoder.read();
        } catch (ProtocolViolation violation) {
            if (violation.sqlState().equals("22021")) {
                // A layout leaves names as bytes; whoever looks one up decodes it.
                return 0;
            }
            assertThrows(ProtocolViolation.class, layout::read);
            return 0;
        }
        if (expected instanceof Bind b) {
            var formats = new ArrayList<Integer>();
            for (int i = 0; i < b.values().size(); i++) {
                formats.add(b.formats().isEmpty() ? 0 : b.formats().get(b.formats().size() == 1 ? 0 : i));
            }
            expected = new Bind(b.portal(), b.statement(), formats, b.values(), b.resultFormats());
        }
        assertEquals(expected, layout.read());
        return 1;
    }

    /** The Bind that the layout describes, with {@code formatCount} formats, or one for each value when it is negative. */
    private Bind inPlace(ByteBuf body, int formatCount) {
        var formats = new ArrayList<Integer>();
        var values = new ArrayList<Bytes>();
        for (int i = 0; i < bind.count(); i++) {
            if (formatCount < 0 || i < formatCount) {
                formats.add((int) bind.formats()[i]);
            }
            values.add(bytes(body, bind.starts()[i], bind.lengths()[i]));
        }
        var results = new ArrayList<Integer>();
        for (int i = 0; i < bind.resultFormatCount(); i++) {
            results.add(bind.resultFormat(body, i));
        }
        return new Bind(text(body, bind.portalStart(), bind.portalEnd()),
                text(body, bind.statementStart(), bind.statementEnd()), formats, values, results);
    }

    private DataRow rowInPlace(ByteBuf body) {
        var values = new ArrayList<Bytes>();
        for (int i = 0; i < row.count(); i++) {
            values.add(bytes(body, row.start(i), row.length(i)));
        }
        return new DataRow(values);
    }

    private static Bytes bytes(ByteBuf body, int start, int length) {
        if (length < 0) {
            return null;
        }
        var copy = new byte[length];
        body.getBytes(start, copy);
        return Bytes.of(copy);
    }

    private static String text(ByteBuf body, int start, int end) {
        return body.toString(start, end - start, StandardCharsets.UTF_8);
    }

    private static ByteBuf body(byte[] message) {
        return Unpooled.wrappedBuffer(message, FrameLimits.HEADER_BYTES, message.length - FrameLimits.HEADER_BYTES);
    }
}
