package dev.trunkline.notification;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * What somebody has notified on one node: shared by all who listen, and never changed.
 *
 * <pre>
 *   NotificationResponse: 'A' int32 length, int32 sender's process id at the node, channel \0, payload \0
 * </pre>
 */
public final class Notification {

    private static final int HEADER = 5;
    /** What an entry of a queue costs beside its text. */
    private static final int OVERHEAD = 64;

    private final int node;
    private final int sender;
    private final String channel;
    private final byte[] text;

    private Notification(int node, int sender, String channel, byte[] text) {
        this.node = node;
        this.sender = sender;
        this.channel = channel;
        this.text = text;
    }

    /** Reads a message of a node, or null where it is none. */
    static Notification read(int node, ByteBuf frame) {
        int start = frame.readerIndex() + HEADER + Integer.BYTES;
        int end = frame.writerIndex();
        int zero = start > end ? -1 : frame.indexOf(start, end, (byte) 0);
        if (zero < 0 || frame.indexOf(zero + 1, end, (byte) 0) != end - 1) {
            return null;
        }
        byte[] text = new byte[end - start];
        frame.getBytes(start, text);
        return new Notification(node, frame.getInt(start - Integer.BYTES),
                new String(text, 0, zero - start, StandardCharsets.UTF_8), text);
    }

    public int node() {
        return node;
    }

    /** The process id that its sender has at the node. */
    public int sender() {
        return sender;
    }

    public String channel() {
        return channel;
    }

    /** Channel and payload. */
    public String text() {
        return new String(text, StandardCharsets.UTF_8);
    }

    /** What it takes up while it waits. */
    public int bytes() {
        return text.length + OVERHEAD;
    }

    /** Writes the message for a client. */
    public void write(ByteBuf out, int processId) {
        out.writeByte('A').writeInt(2 * Integer.BYTES + text.length).writeInt(processId).writeBytes(text);
    }
}
