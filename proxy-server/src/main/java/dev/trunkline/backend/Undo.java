package dev.trunkline.backend;

/** Takes back what a message was to do, because a node has not done it. */
@FunctionalInterface
public interface Undo {

    /** @param refused whether the node has refused this very message; otherwise it has skipped it after an error */
    void undo(boolean refused);
}
