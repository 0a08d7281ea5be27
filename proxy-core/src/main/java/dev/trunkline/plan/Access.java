package dev.trunkline.plan;

/** What a statement does to data, with the reason. Anything that is not proven to be a read is a write. */
public record Access(Mode mode, String reason) {

    public enum Mode {
        /** Proven: it changes nothing and takes no row locks. */
        READ,
        /**
         * Takes numbers from sequences, which no rollback gives back: not read-only, yet no second writer of a transaction
         * either. Its commit makes sure that no crash gives them back, so it comes before that of what has used them.
         */
        SEQUENCE,
        /**
         * Changes what no rollback undoes and no commit publishes, advisory locks above all: not read-only, yet no second
         * writer either. What it holds, it holds until the writer has committed.
         */
        OUTSIDE_TRANSACTION,
        /** Reads, and locks rows: a write participant of its transaction. */
        LOCK,
        WRITE
    }

    public static Access read(String reason) {
        return new Access(Mode.READ, reason);
    }

    public static Access sequence(String reason) {
        return new Access(Mode.SEQUENCE, reason);
    }

    public static Access outsideTransaction(String reason) {
        return new Access(Mode.OUTSIDE_TRANSACTION, reason);
    }

    public static Access lock(String reason) {
        return new Access(Mode.LOCK, reason);
    }

    public static Access write(String reason) {
        return new Access(Mode.WRITE, reason);
    }

    public boolean readOnly() {
        return mode == Mode.READ;
    }

    /** The stronger of two; the first one's reason when they are equal. */
    public Access and(Access other) {
        return other.mode.compareTo(mode) > 0 ? other : this;
    }
}
