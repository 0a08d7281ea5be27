package dev.trunkline.backend;

/** An owner that gathers replies and writes them out once a read is complete. */
public interface FlushTarget {

    void flushReplies();
}
