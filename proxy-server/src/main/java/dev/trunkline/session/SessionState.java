package dev.trunkline.session;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What a session is doing; the words that SHOW CLIENTS prints. One method moves between them: {@code Session.become}. */
enum SessionState {

    /** Nothing under way. */
    IDLE("idle", true),
    /** Messages of the extended protocol under way, more are welcome. */
    PIPELINE("active", true),
    /** A node or a run of ours works; the next message waits for ReadyForQuery. */
    ACTIVE("active", false),
    /** The next message waits until the replies to the earlier ones are in. */
    DRAINING("active", false),
    /** A statement is being parsed and planned off the event loop. */
    PLANNING("planning", false),
    /** Waiting for a connection to a node. */
    WAITING("waiting", false),
    /** The client sends COPY data. */
    COPY_IN("copy", true),
    /** After an error in the extended protocol: everything up to Sync is ignored. */
    SKIPPING("skipping", true),
    CLOSED("closed", false);

    private static final String IN_TRANSACTION = "idle in transaction";
    private static final String ABORTED = "idle in transaction (aborted)";

    private final String word;
    private final boolean takesInput;

    SessionState(String word, boolean takesInput) {
        this.word = word;
        this.takesInput = takesInput;
    }

    /** The word for a session in this state with that transaction. */
    String word(Transaction transaction) {
        if (this == IDLE && transaction.isExplicit()) {
            return transaction.isFailed() ? ABORTED : IN_TRANSACTION;
        }
        return word;
    }

    /** All words there are while the client is there. */
    static List<String> words() {
        return Stream.concat(Arrays.stream(values()).filter(s -> s != CLOSED).map(s -> s.word).distinct(),
                Stream.of(IN_TRANSACTION, ABORTED)).toList();
    }

    /** Whether a message may wait for something else than the end of the one before it. */
    boolean keepsWaiting() {
        return this == DRAINING || this == PLANNING || this == WAITING;
    }

    boolean takesInput() {
        return takesInput;
    }
}
