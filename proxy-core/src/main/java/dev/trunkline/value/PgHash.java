package dev.trunkline.value;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * PostgreSQL's extended hash functions (Bob Jenkins' lookup3, {@code src/common/hashfn.c}) under the seed of hash
 * partitioning: {@code hash<type>extended(key, 8816678312871386365)}. A node can therefore check where its rows belong in
 * plain SQL, and a key's virtual shard {@code v} of 256 is the remainder {@code (v + 227) & 255} of a table that is
 * partitioned by hash.
 */
public final class PgHash {

    /** {@code HASH_PARTITION_SEED} of {@code partition/partbounds.h}. */
    public static final long PARTITION_SEED = 8816678312871386365L;

    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int SEED_HIGH = (int) (PARTITION_SEED >>> 32);
    private static final int SEED_LOW = (int) PARTITION_SEED;

    private PgHash() {}

    /** The virtual shard of a hash among {@code virtualShards}, a power of two. */
    public static int virtualShard(long hash, int virtualShards) {
        return (int) hash & (virtualShards - 1);
    }

    /** int2, int4 and int8, which agree for equal values; also timestamps, in microseconds since 2000-01-01. */
    public static long int8(long value) {
        int high = (int) (value >> 32);
        return uint32((int) value ^ (value >= 0 ? high : ~high));
    }

    public static long bool(boolean value) {
        return uint32(value ? 1 : 0);
    }

    /** {@code hash_uint32_extended}: also dates, in days since 2000-01-01. */
    public static long uint32(int value) {
        return mixed(0x9e3779b9 + 4 + 3923095, value);
    }

    /** The parts of a key of several columns: {@code hash_record_extended(ROW(first, second), seed)}. */
    public static long combine(long first, long second) {
        return 31 * first + second;
    }

    private static long mixed(int start, int value) {
        int a = start + SEED_HIGH;
        int b = start + SEED_LOW;
        int c = start;
        a -= c;
        a ^= Integer.rotateLeft(c, 4);
        c += b;
        b -= a;
        b ^= Integer.rotateLeft(a, 6);
        a += c;
        c -= b;
        c ^= Integer.rotateLeft(b, 8);
        b += a;
        a -= c;
        a ^= Integer.rotateLeft(c, 16);
        c += b;
        b -= a;
        b ^= Integer.rotateLeft(a, 19);
        a += c;
        c -= b;
        c ^= Integer.rotateLeft(b, 4);
        b += a;
        return finished(a + value, b, c);
    }

    /** {@code hash_any_extended}: text as UTF-8, bytea, uuid. */
    public static long bytes(byte[] key, int offset, int length) {
        int a = 0x9e3779b9 + length + 3923095;
        int b = a;
        int c = a;
        a += SEED_HIGH;
        b += SEED_LOW;
        int at = offset;
        int left = length;
        // The seed is mixed in like twelve bytes before the key's own.
        while (true) {
            a -= c;
            a ^= Integer.rotateLeft(c, 4);
            c += b;
            b -= a;
            b ^= Integer.rotateLeft(a, 6);
            a += c;
            c -= b;
            c ^= Integer.rotateLeft(b, 8);
            b += a;
            a -= c;
            a ^= Integer.rotateLeft(c, 16);
            c += b;
            b -= a;
            b ^= Integer.rotateLeft(a, 19);
            a += c;
            c -= b;
            c ^= Integer.rotateLeft(b, 4);
            b += a;
            if (left < 12) {
                break;
            }
            a += (int) INT_LE.get(key, at);
            b += (int) INT_LE.get(key, at + 4);
            c += (int) INT_LE.get(key, at + 8);
            at += 12;
            left -= 12;
        }
        // The low byte of c belongs to the length: bytes 8 to 10 stand one higher.
        for (int i = 0; i < left; i++) {
            int octet = key[at + i] & 0xff;
            if (i < 4) {
                a += octet << (8 * i);
            } else if (i < 8) {
                b += octet << (8 * (i - 4));
            } else {
                c += octet << (8 * (i - 7));
            }
        }
        return finished(a, b, c);
    }

    /** {@code hashbpcharextended}: trailing blanks don't count. */
    public static long blankTrimmed(byte[] key, int offset, int length) {
        int left = length;
        while (left > 0 && key[offset + left - 1] == ' ') {
            left--;
        }
        return bytes(key, offset, left);
    }

    private static long finished(int a, int b, int c) {
        c ^= b;
        c -= Integer.rotateLeft(b, 14);
        a ^= c;
        a -= Integer.rotateLeft(c, 11);
        b ^= a;
        b -= Integer.rotateLeft(a, 25);
        c ^= b;
        c -= Integer.rotateLeft(b, 16);
        a ^= c;
        a -= Integer.rotateLeft(c, 4);
        b ^= a;
        b -= Integer.rotateLeft(a, 14);
        c ^= b;
        c -= Integer.rotateLeft(b, 24);
        return ((long) b << 32) | (c & 0xffffffffL);
    }
}
