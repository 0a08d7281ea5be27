package dev.trunkline.testing;

import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.NotificationResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.TransactionStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a node says, with a message now and then that is wrong: said twice, in another's place, cut off, of an unknown type, of another
 * length, an answer to nothing. A lie that leaves the proxy waiting for more is followed by the end of the connection. Rows are never
 * changed: that nobody could notice.
 */
public final class LyingPassage implements NodeLink.Passage {

    /** Stands in the answers that nobody has asked for. */
    public static final String FOREIGN = "tag-of-nobody";

    private final SplittableRandom random;
    private final int oneIn;
    private byte[] rest = {};
    private boolean ready;
    /** What is no answer has to arrive together with what it follows: afterwards nobody could tell. */
    private boolean atOnce;

    /** @param oneIn how many messages there are to a lie */
    public LyingPassage(SplittableRandom random, int oneIn) {
        this.random = random;
        this.oneIn = oneIn;
    }

    @Override
    public void pass(byte[] bytes, int length, OutputStream to) throws IOException, InterruptedException {
        byte[] all = Arrays.copyOf(rest, rest.length + length);
        System.arraycopy(bytes, 0, all, rest.length, length);
        var out = new ByteArrayOutputStream();
        int at = 0;
        while (all.length - at >= 5) {
            int size = 1 + ByteBuffer.wrap(all).getInt(at + 1);
            if (all.length - at < size) {
                break;
            }
            byte[] frame = Arrays.copyOfRange(all, at, at + size);
            at += size;
            if (!ready || random.nextInt(oneIn) > 0) {
                out.write(frame);
                ready |= frame[0] == 'Z';
            } else {
                lie(frame, out, to);
            }
        }
        rest = Arrays.copyOfRange(all, at, all.length);
        write(out, to);
    }

    /** In one piece or byte by byte. */
    private void write(ByteArrayOutputStream out, OutputStream to) throws IOException {
        byte[] bytes = out.toByteArray();
        out.reset();
        if (!atOnce && random.nextInt(10) == 0 && bytes.length < 300) {
            for (byte one : bytes) {
                to.write(one);
            }
        } else {
            to.write(bytes);
        }
        atOnce = false;
    }

    private void lie(byte[] frame, ByteArrayOutputStream out, OutputStream to)
            throws IOException, InterruptedException {
        atOnce = true;
        switch (random.nextInt(12)) {
            case 0 -> {
                // No lie: nodes may say such things at any time.
                out.write(said(new NoticeResponse(ErrorFields.of("NOTICE", "00000", "by the way")),
                        new ParameterStatus("fuzz.parameter", "on"), new NotificationResponse(7, "c", "p")));
                out.write(frame);
            }
            case 1 -> {
                out.write(frame);
                if (frame[0] != 'D') {
                    out.write(frame);
                }
            }
            case 2 -> {
                out.write(frame);
                out.write(frame[0] == 'Z' ? foreignAnswer() : new byte[]{(byte) random.nextInt(256), 0, 0, 0, 4});
            }
            case 3 -> {
                out.write(new byte[]{(byte) ('A' + random.nextInt(58)), 0, 0, 0, 4});
                out.write(frame);
            }
            case 4 -> {
                out.write(frame, 0, random.nextInt(frame.length));
                end(out, to);
            }
            case 5 -> end(out, to);
            case 6 -> {
                out.write(said(new ErrorResponse(ErrorFields.of("FATAL", "57P01",
                        "terminating connection due to administrator command"))));
                end(out, to);
            }
            case 7 -> {
                ByteBuffer.wrap(frame).putInt(1, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(40));
                out.write(frame);
                end(out, to);
            }
            case 8 -> {
                if (frame[0] == 'Z') {
                    frame[5] = (byte) "TEX".charAt(random.nextInt(3));
                }
                out.write(frame);
            }
            case 9 -> {
                if (frame[0] != 'D' && frame.length > 5) {
                    frame[5 + random.nextInt(frame.length - 5)] ^= (byte) (1 << random.nextInt(8));
                }
                out.write(frame);
            }
            case 10 -> {
                // Left out, and nothing more.
                end(out, to);
            }
            default -> {
                frame[0] = (byte) random.nextInt(256);
                out.write(frame);
                end(out, to);
            }
        }
    }

    private void end(ByteArrayOutputStream out, OutputStream to) throws IOException, InterruptedException {
        to.write(out.toByteArray());
        throw new IOException("the liar hangs up");
    }

    private static byte[] foreignAnswer() {
        return said(new DataRow(List.of(Bytes.utf8(FOREIGN))), new CommandComplete("SELECT 1"),
                new ReadyForQuery(TransactionStatus.IDLE));
    }

    private static byte[] said(BackendMessage... messages) {
        return FakePostgres.encode(List.of(messages));
    }
}
