package dev.trunkline.plan;

import java.util.Arrays;

/** A literal that planning read: the plan holds only while the literal's source bytes are the same (semantics.md 16). */
public record Guard(int slot, byte[] source) {

    /** Whether {@code sql[start..end)} is the literal that was read. */
    public boolean holds(byte[] sql, int start, int end) {
        return Arrays.equals(sql, start, end, source, 0, source.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Guard guard && guard.slot == slot && Arrays.equals(guard.source, source);
    }

    @Override
    public int hashCode() {
        return slot * 31 + Arrays.hashCode(source);
    }

    @Override
    public String toString() {
        return slot + "=" + new String(source, java.nio.charset.StandardCharsets.UTF_8);
    }
}
