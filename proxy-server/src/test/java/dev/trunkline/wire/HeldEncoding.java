package dev.trunkline.wire;

import java.nio.charset.Charset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/** UHC as if nobody had used it yet in this process: its tables are made when the test lets them be. */
public final class HeldEncoding implements AutoCloseable {

    public static final String NAME = "UHC";
    private static final String KEY = "uhc";
    private static final String JAVA = "x-windows-949";

    private final ClientEncoding before = ClientEncoding.BY_NAME.get(KEY);
    private final CountDownLatch released = new CountDownLatch(1);
    private final CountDownLatch begun = new CountDownLatch(1);
    private final List<String> makers = new CopyOnWriteArrayList<>();

    private HeldEncoding(Supplier<Charset> charset) {
        replace(before, new ClientEncoding(NAME, MultibyteForm.PAIRS, new CharsetTables(() -> {
            makers.add(Thread.currentThread().getName());
            begun.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return charset.get();
        })));
    }

    public static HeldEncoding held() {
        return new HeldEncoding(() -> Charset.forName(JAVA));
    }

    /** As on a Java with other tables. */
    public static HeldEncoding missing() {
        HeldEncoding encoding = new HeldEncoding(() -> null);
        encoding.release();
        return encoding;
    }

    /** Waits until somebody makes the tables. */
    public void awaitBegun() throws InterruptedException {
        begun.await();
    }

    public void release() {
        released.countDown();
    }

    /** The threads that made the tables. */
    public List<String> makers() {
        return List.copyOf(makers);
    }

    @Override
    public void close() {
        release();
        replace(ClientEncoding.BY_NAME.get(KEY), before);
    }

    /** Under all of its names. */
    private static void replace(ClientEncoding one, ClientEncoding other) {
        ClientEncoding.BY_NAME.replaceAll((name, encoding) -> encoding == one ? other : encoding);
    }
}
