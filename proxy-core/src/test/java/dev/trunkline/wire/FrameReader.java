package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Cuts a stream into messages however its bytes arrive: the plainest reader that can be right, for tests. */
public final class FrameReader<M> {

    private enum State {
        INITIAL,
        TYPED
    }

    private final BiFunction<Byte, ByteBuf, M> decoder;
    private final boolean frontend;
    private final ByteBuf held = Unpooled.buffer();
    private State state;

    private FrameReader(BiFunction<Byte, ByteBuf, M> decoder, boolean frontend, State state) {
        this.decoder = decoder;
        this.frontend = frontend;
        this.state = state;
    }

    /** Reads a client's connection from its first byte. */
    public static FrameReader<FrontendMessage> ofConnection() {
        return new FrameReader<>(FrontendDecoder::decode, true, State.INITIAL);
    }

    /** Reads a client's messages after its startup packet. */
    public static FrameReader<FrontendMessage> ofFrontend() {
        return new FrameReader<>(FrontendDecoder::decode, true, State.TYPED);
    }

    /** Reads a server's messages. */
    public static FrameReader<BackendMessage> ofBackend() {
        return new FrameReader<>(BackendDecoder::decode, false, State.TYPED);
    }

    /** The messages that these bytes complete. */
    public List<M> feed(byte[] bytes, int offset, int length) {
        var complete = new ArrayList<M>();
        feed(bytes, offset, length, complete::add);
        return complete;
    }

    /** As above, handing on each before the next one is read, which may be none. */
    public void feed(byte[] bytes, int offset, int length, Consumer<M> complete) {
        held.writeBytes(bytes, offset, length);
        while (true) {
            M next = state == State.INITIAL ? initial() : typed();
            if (next == null) {
                held.discardReadBytes();
                return;
            }
            complete.accept(next);
        }
    }

    public int heldBytes() {
        return held.readableBytes();
    }

    @SuppressWarnings("unchecked")
    private M initial() {
        if (held.readableBytes() < FrameLimits.LENGTH_BYTES) {
            return null;
        }
        int body = FrameLimits.startupBody(held.getInt(held.readerIndex()));
        if (held.readableBytes() < FrameLimits.LENGTH_BYTES + body) {
            return null;
        }
        held.skipBytes(FrameLimits.LENGTH_BYTES);
        var message = FrontendDecoder.decodeInitial(held.readSlice(body));
        if (message instanceof FrontendMessage.StartupMessage) {
            state = State.TYPED;
        }
        return (M) message;
    }

    private M typed() {
        if (held.readableBytes() < FrameLimits.HEADER_BYTES) {
            return null;
        }
        byte type = held.getByte(held.readerIndex());
        int length = held.getInt(held.readerIndex() + 1);
        int body = !frontend
                ? FrameLimits.backendBody(length)
                : type == MessageTypes.AUTHENTICATION_RESPONSE
                        ? FrameLimits.authenticationBody(type, length)
                        : FrameLimits.frontendBody(type, length);
        if (held.readableBytes() < FrameLimits.HEADER_BYTES + body) {
            return null;
        }
        held.skipBytes(FrameLimits.HEADER_BYTES);
        ByteBuf slice = held.readSlice(body);
        M message = decoder.apply(type, slice);
        if (slice.isReadable()) {
            throw new AssertionError(slice.readableBytes() + " bytes of " + message + " were left unread");
        }
        return message;
    }
}
