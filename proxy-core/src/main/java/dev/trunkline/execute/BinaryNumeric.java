package dev.trunkline.execute;

import io.netty.buffer.ByteBuf;

/**
 * Compares binary numerics where they stand ({@link dev.trunkline.value.PgNumeric} draws their layout). Servers send no
 * leading zero digits; trailing ones don't matter.
 */
final class BinaryNumeric {

    private static final int NEGATIVE = 0x4000;
    private static final int NAN = 0xC000;
    private static final int INFINITY = 0xD000;
    private static final int NEGATIVE_INFINITY = 0xF000;

    private BinaryNumeric() {}

    static int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
        int rank = rank(a, aAt, aLength);
        int byRank = Integer.compare(rank, rank(b, bAt, bLength));
        if (byRank != 0 || rank != 1 && rank != -1) {
            return byRank;
        }
        int magnitude = compareMagnitude(a, aAt, b, bAt);
        return rank > 0 ? magnitude : -magnitude;
    }

    /** -2 -infinity, -1 negative, 0 zero, 1 positive, 2 infinity, 3 NaN. */
    private static int rank(ByteBuf in, int at, int length) {
        if (length < 8 || length != 8 + 2 * in.getUnsignedShort(at)) {
            throw InputRuns.notRows();
        }
        boolean zero = in.getUnsignedShort(at) == 0;
        return switch (in.getUnsignedShort(at + 4)) {
            case 0 -> zero ? 0 : 1;
            case NEGATIVE -> zero ? 0 : -1;
            case NAN -> 3;
            case INFINITY -> 2;
            case NEGATIVE_INFINITY -> -2;
            default -> throw InputRuns.notRows();
        };
    }

    private static int compareMagnitude(ByteBuf a, int aAt, ByteBuf b, int bAt) {
        int byWeight = Integer.compare(a.getShort(aAt + 2), b.getShort(bAt + 2));
        if (byWeight != 0) {
            return byWeight;
        }
        int aCount = a.getUnsignedShort(aAt);
        int bCount = b.getUnsignedShort(bAt);
        for (int i = 0; i < Math.max(aCount, bCount); i++) {
            int difference = digit(a, aAt, i, aCount) - digit(b, bAt, i, bCount);
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    private static int digit(ByteBuf in, int at, int i, int count) {
        return i < count ? in.getUnsignedShort(at + 8 + 2 * i) : 0;
    }

    /** Weight and the first two digits, negated for a negative number. */
    static long prefix(ByteBuf in, int at, int length) {
        int rank = rank(in, at, length);
        if (rank == 0) {
            return 0;
        }
        if (rank != 1 && rank != -1) {
            return rank * (Long.MAX_VALUE / 4);
        }
        int count = in.getUnsignedShort(at);
        // 17 bits of weight above 28 of digits, positive and far from the infinities.
        long magnitude = (in.getShort(at + 2) + 0x8000L + 1) * 100_000_000L + digit(in, at, 0, count) * 10_000L
                + digit(in, at, 1, count);
        return rank * magnitude;
    }

    static long hash(ByteBuf in, int at, int length) {
        int rank = rank(in, at, length);
        if (rank != 1 && rank != -1) {
            return rank;
        }
        int count = in.getUnsignedShort(at);
        while (count > 0 && digit(in, at, count - 1, count) == 0) {
            count--;
        }
        return ValueOrder.hashBytes(in, at + 8, 2 * count) * 31 + in.getShort(at + 2) * 7L + rank;
    }
}
