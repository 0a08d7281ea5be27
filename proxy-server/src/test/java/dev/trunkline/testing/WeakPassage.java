package dev.trunkline.testing;

import java.io.IOException;
import java.io.OutputStream;

/** A wire that carries everything, but a little at a time and late. */
public final class WeakPassage implements NodeLink.Passage {

    private final int bytesAtOnce;
    private final int pauseMillis;
    private final int pausesAtMost;

    /** @param pausesAtMost how often it pauses in what has arrived together, so that it comes to an end */
    public WeakPassage(int bytesAtOnce, int pauseMillis, int pausesAtMost) {
        this.bytesAtOnce = bytesAtOnce;
        this.pauseMillis = pauseMillis;
        this.pausesAtMost = pausesAtMost;
    }

    @Override
    public void pass(byte[] bytes, int length, OutputStream to) throws IOException, InterruptedException {
        int pauses = 0;
        for (int at = 0; at < length; at += bytesAtOnce) {
            to.write(bytes, at, Math.min(bytesAtOnce, length - at));
            if (pauses++ < pausesAtMost) {
                Thread.sleep(pauseMillis);
            }
        }
    }
}
