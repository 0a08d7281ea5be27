package dev.trunkline.session;

import io.netty.buffer.ByteBuf;

/** Sees what happens to each node of a fan-out, in its order; by default nothing is done about it. */
interface FanOutWatch {

    /** Nobody looks. */
    FanOutWatch NOBODY = new FanOutWatch() {
    };

    /** A connection is wanted. May be called again while it is waited for. */
    default void asks(int input) {}

    /** The statement is sent. */
    default void sends(int input) {}

    /** Rows have come, whole messages. */
    default void rows(int input, ByteBuf frames) {}

    /** CommandComplete has come. */
    default void completes(int input, ByteBuf frame) {}

    /** Rows are being put together from now on, ... */
    default void mergeStarts() {}

    /** ... until now. */
    default void mergeStops() {}
}
