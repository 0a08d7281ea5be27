package dev.trunkline.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * The sample shop on PostgreSQL nodes of its own: everything of {@code trunkline demo} but the proxy. Closing it stops the
 * nodes and, unless a directory was given for them, deletes all files.
 */
public final class Demo implements AutoCloseable {

    private static final int VIRTUAL_SHARDS = 256;

    /**
     * What was asked for.
     *
     * @param nodes how many, 0: as many as there are in the directory, else four
     * @param port where the proxy is going to serve
     * @param data directory that keeps the nodes' data, null: none
     * @param customers how many to load
     */
    public record Options(int nodes, int port, int monitoringPort, Path data, int customers) {}

    private final Options options;
    private final PrintStream progress;
    private ScratchDirectory scratch;
    private DemoNodes nodes;
    private boolean closed;

    public Demo(Options options, PrintStream progress) {
        this.options = options;
        this.progress = progress;
    }

    /**
     * Starts the nodes, loads the shop unless that has been done in this directory, and writes the configuration.
     *
     * @return the configuration file
     */
    public Path prepare() throws IOException, InterruptedException {
        Path directory = directory();
        int count = count(directory);
        DemoNodes starting = open(directory, count);
        long begin = System.nanoTime();
        progress.print("Starting " + count + " PostgreSQL node" + (count == 1 ? "" : "s") + " ... ");
        starting.start();
        progress.println(starting.node(0).version() + " on ports "
                + String.join(", ", IntStream.range(0, count).mapToObj(i -> "" + starting.node(i).port()).toList())
                + since(begin));
        if (starting.areLoaded()) {
            progress.println("Using the shop that " + directory + " holds");
        } else {
            load(starting);
        }
        Path file = directory.resolve("trunkline.yaml");
        DemoConfiguration.write(file, starting, options.port(), options.monitoringPort());
        progress.println("Wrote the configuration " + file);
        return file;
    }

    private void load(DemoNodes loading) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        progress.print(String.format(Locale.ROOT, "Loading %,d customers with their orders ... ", options.customers()));
        progress.flush();
        loading.load(new Percentage());
        progress.println(since(begin).substring(2));
    }

    private static String since(long begin) {
        return String.format(Locale.ROOT, ", %.1f s", Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1000.0);
    }

    /** Prints what to try once the proxy serves. */
    public void printFirstSteps(PrintStream out, String host, int port, int monitoringPort) {
        new FirstSteps(nodes).print(out, host, port, monitoringPort);
    }

    private synchronized Path directory() throws IOException, InterruptedException {
        if (closed) {
            throw new IOException("stopped");
        }
        if (options.data() == null) {
            scratch = ScratchDirectory.create();
            return scratch.path();
        }
        return Files.createDirectories(options.data().toAbsolutePath());
    }

    private int count(Path directory) throws IOException {
        int there = 0;
        while (Files.exists(directory.resolve(DemoNodes.name(there)).resolve("PG_VERSION"))) {
            there++;
        }
        if (there > 0 && options.nodes() > 0 && options.nodes() != there) {
            throw new IOException(directory + " holds a demo of " + there + " nodes, not " + options.nodes());
        }
        return there > 0 ? there : options.nodes() > 0 ? options.nodes() : 4;
    }

    private synchronized DemoNodes open(Path directory, int count) throws IOException {
        if (closed) {
            throw new IOException("stopped");
        }
        nodes = new DemoNodes(directory, options.data() != null, count, new Shop(options.customers(), VIRTUAL_SHARDS));
        return nodes;
    }

    /** Prints each quarter once; told by several threads. */
    private final class Percentage implements LongConsumer {

        private final AtomicLong loaded = new AtomicLong();
        private final AtomicInteger quarters = new AtomicInteger();

        @Override
        public void accept(long more) {
            int quarter = (int) (loaded.addAndGet(more) * 4 / options.customers());
            for (int before = quarters.get(); before < quarter; before = quarters.get()) {
                if (quarters.compareAndSet(before, before + 1)) {
                    progress.print((before + 1) * 25 + "% ");
                    progress.flush();
                }
            }
        }
    }

    /** Any thread may call this, also while {@link #prepare} runs, which then fails. */
    @Override
    public void close() throws IOException {
        DemoNodes running;
        ScratchDirectory directory;
        synchronized (this) {
            closed = true;
            running = nodes;
            directory = scratch;
        }
        if (running != null) {
            running.close();
        }
        if (directory != null) {
            directory.close();
        }
    }
}
