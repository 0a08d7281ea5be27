package dev.trunkline.testing;

import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CopyFail;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Says a dialog to a server, whatever that answers meanwhile, and writes down all that it answers. What follows the dialog brings any
 * session to an end that can be recognised: COPY is given up, the pipeline synced, the transaction rolled back, and a last query asked.
 */
final class DialogPlayer {

    private static final String LAST_WORD = "this was all";
    private static final int PATIENCE_MILLIS = 60_000;

    private DialogPlayer() {}

    /**
     * @param cuts where the bytes are cut into writes: 0 for all in one
     * @return the answers, one a line; the last is {@code eof} when the server has hung up, {@code silence} when it says nothing more
     */
    static List<String> play(PgClient client, List<byte[]> frames, SplittableRandom cuts) throws IOException {
        var bytes = new ByteArrayOutputStream();
        frames.forEach(bytes::writeBytes);
        for (FrontendMessage message : List.of(new CopyFail("enough"), new Sync(), new Query("rollback"),
                new Query("show application_name"), new Query("select '" + LAST_WORD + "'"))) {
            ByteBuf out = Unpooled.buffer();
            FrontendEncoder.encode(message, out);
            bytes.write(out.array(), 0, out.readableBytes());
        }
        var answers = new ArrayList<String>();
        var told = new TreeMap<String, String>();
        try {
            write(client, bytes.toByteArray(), cuts);
        } catch (IOException hungUp) {
            // What it has said before is still to be read.
        }
        while (true) {
            BackendMessage message;
            try {
                message = client.receive(PATIENCE_MILLIS);
            } catch (EOFException e) {
                answers.add("eof");
                return answers;
            } catch (ProtocolViolation e) {
                // A server repeats what it was asked for, formats that there are not included.
                answers.add("nonsense");
                client.leave();
                return answers;
            }
            if (message == null) {
                answers.add("silence");
                return answers;
            }
            if (message instanceof DataRow row && row.values().equals(List.of(Bytes.utf8(LAST_WORD)))) {
                while (!(client.receive() instanceof CommandComplete)) {
                    throw new AssertionError("a row is followed by no CommandComplete");
                }
                client.receiveUntilReady();
                answers.add("told: " + told);
                return answers;
            }
            if (message instanceof ParameterStatus status) {
                // A failed transaction's settings may be told and taken back, where a server has said nothing.
                told.put(status.name(), status.value());
                told.remove("application_name", "");
            } else if (!isOfItsOwn(message)) {
                answers.add(line(message));
            }
        }
    }

    /** PostgreSQL warns of a portal of its own that it has lost sight of, after an Execute that was cut off. */
    private static boolean isOfItsOwn(BackendMessage message) {
        return message instanceof NoticeResponse notice
                && notice.fields().message().startsWith("skipping cleanup for portal");
    }

    private static void write(PgClient client, byte[] bytes, SplittableRandom cuts) throws IOException {
        int at = 0;
        while (at < bytes.length) {
            int n = cuts == null || cuts.nextInt(4) > 0 ? bytes.length - at : 1 + cuts.nextInt(bytes.length - at);
            client.sendRaw(java.util.Arrays.copyOfRange(bytes, at, at + n));
            at += n;
            if (at < bytes.length) {
                try {
                    Thread.sleep(1);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** A message as a conversation writes it, without what is of no concern to a client: where in its source the server raised an error. */
    static String line(BackendMessage message) {
        Shape shape = MessageShapes.of(message);
        Map<String, Shape.Part> named = new java.util.LinkedHashMap<>(shape.named());
        named.keySet().removeAll(List.of("F", "L", "R", "W"));
        return new Shape(shape.name(), shape.parts(), named).toString().replaceAll("/table=[1-9][0-9]*", "/table=T");
    }
}
