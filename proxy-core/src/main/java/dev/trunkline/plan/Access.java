package dev.trunkline.plan;

/** What a statement does to data, with the reason. Anything that is not proven to be a read is a write. */
public record Access(Mode mode, String reason) {

    public enum Mode {
        /** Proven: it changes nothing and takes no row locks. */
        READ,
        /**
         * Changes what no rollback undoes and no commit publishes, sequences and advisory locks: not read-only, yet no second
         * writer of a transaction either.
         */
        OUTSIDE_TRANSACTION,
        /** Reads, and locks rows: a write participant of its transaction. */
        LOCK,
        WRITE
    }

    public static Access read(String reason) {
        return new Access(Mode.READ, reason);
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
