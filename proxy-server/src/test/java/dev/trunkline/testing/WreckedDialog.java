package dev.trunkline.testing;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A {@link RandomDialog} as bytes with some of them changed, left out, put in or said twice, cut into pieces anywhere. Without a login the
 * first of them are a startup packet, as good as it then is.
 */
public final class WreckedDialog {

    private static final byte[] STARTUP = bytes("user\0postgres\0database\0nothing\0_pq_.x\0y\0\0");

    private WreckedDialog() {}

    /** The pieces, to be sent one after the other. The same seed gives the same. */
    public static List<byte[]> of(long seed, boolean loggedIn) {
        var random = new SplittableRandom(~seed);
        var out = new ByteArrayOutputStream();
        if (!loggedIn) {
            out.writeBytes(startup(random));
        }
        RandomDialog.of(Repertoire.ONE_NODE, seed).frames().forEach(out::writeBytes);
        byte[] all = out.toByteArray();
        for (int n = random.nextInt(4); n > 0 && all.length > 0; n--) {
            all = wreck(all, random);
        }
        var pieces = new ArrayList<byte[]>();
        for (int at = 0; at < all.length;) {
            int n = random.nextInt(5) > 0 ? Math.min(all.length - at, 1 + random.nextInt(600)) : 1;
            pieces.add(Arrays.copyOfRange(all, at, at + n));
            at += n;
        }
        return pieces;
    }

    private static byte[] startup(SplittableRandom random) {
        int[] codes = {3 << 16, 3 << 16 | 2, 3 << 16 | 9999, 2 << 16, 80877103, 80877104, 80877102, random.nextInt()};
        int code = codes[random.nextInt(codes.length)];
        int length = random.nextInt(4) == 0 ? random.nextInt(20_000) : 8 + STARTUP.length;
        var packet = java.nio.ByteBuffer.allocate(8 + STARTUP.length);
        packet.putInt(length).putInt(code).put(STARTUP);
        return packet.array();
    }

    private static byte[] wreck(byte[] all, SplittableRandom random) {
        int at = random.nextInt(all.length);
        int n = Math.min(all.length - at, 1 + random.nextInt(12));
        return switch (random.nextInt(5)) {
            case 0 -> {
                byte[] changed = all.clone();
                changed[at] = (byte) random.nextInt(256);
                yield changed;
            }
            case 1 -> join(Arrays.copyOf(all, at), Arrays.copyOfRange(all, at + n, all.length));
            case 2 -> {
                byte[] noise = new byte[n];
                random.nextBytes(noise);
                yield join(Arrays.copyOf(all, at), noise, Arrays.copyOfRange(all, at, all.length));
            }
            case 3 -> join(Arrays.copyOf(all, at + n), Arrays.copyOfRange(all, at, all.length));
            default -> Arrays.copyOf(all, at);
        };
    }

    private static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
}
