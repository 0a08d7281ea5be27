import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.NodeLogin;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.ProtocolVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What {@code scripts/bench fan-out} runs: reads a table spread over nodes through the proxy, and from the nodes themselves, one
 * reader for each side by side. A reader counts rows and bytes and decodes nothing, so that it is the same small cost everywhere.
 */
final class FanOutBench {

    private static final String SCAN = "SELECT * FROM readings";
    private static final String ORDERED = "SELECT * FROM readings ORDER BY id";
    private static final String COUNT = "SELECT count(*) FROM readings";
    private static final String GROUPED = "SELECT sensor, count(*) FROM readings GROUP BY sensor";

    private final long rows;
    private final int proxyPort;
    private final int[] nodePorts;
    private final String proxyPid;
    private final ExecutorService readers = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    });

    private FanOutBench(long rows, int proxyPort, int[] nodePorts, String proxyPid) {
        this.rows = rows;
        this.proxyPort = proxyPort;
        this.nodePorts = nodePorts;
        this.proxyPid = proxyPid;
    }

    /** Rows, rounds, the proxy's process and port, a file for JSON or -, the nodes' ports. */
    public static void main(String[] arguments) throws Exception {
        int[] nodes = Arrays.stream(arguments).skip(5).mapToInt(Integer::parseInt).toArray();
        FanOutBench bench = new FanOutBench(Long.parseLong(arguments[0]), Integer.parseInt(arguments[3]), nodes,
                arguments[2]);
        List<Line> lines = bench.run(Integer.parseInt(arguments[1]));
        if (!arguments[4].equals("-")) {
            Files.writeString(Path.of(arguments[4]), "[\n" + String.join(",\n", lines.stream().map(Line::json).toList())
                    + "\n]\n");
        }
    }

    /** The medians of one kind of statement, in seconds. */
    private record Line(String statement, double direct, double oneNode, double proxy, double cpu, long rowsMoved) {

        String text() {
            return String.format(Locale.ROOT, "%-14s %12.3f %12.3f %12.3f %12.2f %12.2f %14s %12s", statement, direct,
                    oneNode, proxy, direct / proxy, proxy / oneNode,
                    rowsMoved > 1000 ? String.format(Locale.ROOT, "%,.0f", rowsMoved / proxy) : "-",
                    rowsMoved > 1000 ? String.format(Locale.ROOT, "%.2f us", cpu * 1e6 / rowsMoved) : "-");
        }

        String json() {
            return String.format(Locale.ROOT,
                    "{\"statement\":\"%s\",\"direct_s\":%.4f,\"one_node_s\":%.4f,\"trunkline_s\":%.4f,"
                            + "\"ratio_to_direct\":%.3f,\"times_one_node\":%.3f,\"proxy_cpu_s\":%.3f}",
                    statement, direct, oneNode, proxy, direct / proxy, proxy / oneNode, cpu);
        }
    }

    private List<Line> run(int rounds) throws Exception {
        System.err.println("load average " + load());
        List<Line> lines = new ArrayList<>();
        System.out.printf("%-14s %12s %12s %12s %12s %12s %14s %12s%n", "statement", "4 direct s", "one node s",
                "trunkline s", "ratio", "x one node", "rows/s", "cpu/row");
        for (String[] kind : new String[][]{{"scan", SCAN}, {"ordered scan", ORDERED}, {"count", COUNT},
                {"grouped count", GROUPED}}) {
            lines.add(measure(kind[0], kind[1], rounds));
            System.out.println(lines.getLast().text());
        }
        System.err.println("load average " + load());
        return lines;
    }

    private Line measure(String name, String sql, int rounds) throws Exception {
        boolean scan = sql.equals(SCAN) || sql.equals(ORDERED);
        long expected = scan ? rows : sql.equals(COUNT) ? 1 : 100;
        List<Double> direct = new ArrayList<>();
        List<Double> one = new ArrayList<>();
        List<Double> proxy = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        long liveBefore = live();
        long liveDuring = 0;
        for (int round = -1; round < rounds; round++) {
            double directly = readAll(sql, nodePorts, scan ? expected : expected * nodePorts.length);
            double atOne = readAll(sql, new int[]{nodePorts[0]}, scan ? -1 : expected);
            double before = cpuSeconds();
            double through = readAll(sql, new int[]{proxyPort}, expected);
            double spent = cpuSeconds() - before;
            if (round >= 0) {
                direct.add(directly);
                one.add(atOne);
                proxy.add(through);
                cpu.add(spent);
            }
        }
        if (scan) {
            // One more, looked at in its middle; a collection then would spoil a measurement.
            Future<Double> reading = readers.submit(() -> readAll(sql, new int[]{proxyPort}, expected));
            Thread.sleep((long) (median(proxy) * 500));
            liveDuring = live();
            reading.get();
            System.err.printf(Locale.ROOT, "%s: live heap of the proxy %.1f MB before, %.1f MB during, %.1f MB after%n",
                    name, liveBefore / 1e6, liveDuring / 1e6, live() / 1e6);
        }
        return new Line(name, median(direct), median(one), median(proxy), median(cpu), expected);
    }

    /** Seconds until as many readers as ports have read everything. */
    private double readAll(String sql, int[] ports, long expected) throws Exception {
        List<Reader> open = new ArrayList<>();
        for (int port : ports) {
            open.add(new Reader(port));
        }
        long started = System.nanoTime();
        List<Callable<Long>> tasks = new ArrayList<>();
        open.forEach(reader -> tasks.add(() -> reader.read(sql)));
        long found = 0;
        for (Future<Long> count : readers.invokeAll(tasks)) {
            found += count.get();
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        for (Reader reader : open) {
            reader.close();
        }
        if (expected >= 0 && found != expected) {
            throw new IllegalStateException(sql + " gave " + found + " rows, not " + expected);
        }
        return seconds;
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The bytes of the proxy's live objects, after a full collection. */
    private long live() throws Exception {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return 0;
        }
        Process process = new ProcessBuilder(jcmd.toString(), proxyPid, "GC.class_histogram").redirectErrorStream(true)
                .start();
        String total = process.inputReader().lines().reduce((a, b) -> b).orElse("");
        String[] words = total.trim().split("\\s+");
        return words.length > 2 && words[0].equals("Total") ? Long.parseLong(words[2]) : 0;
    }

    private double cpuSeconds() throws IOException {
        Path stat = Path.of("/proc", proxyPid, "stat");
        if (!Files.exists(stat)) {
            return 0;
        }
        String text = Files.readString(stat);
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    private static String load() throws IOException {
        Path file = Path.of("/proc/loadavg");
        return Files.exists(file) ? Files.readString(file).trim() : "unknown";
    }

    /** A connection that reads results without looking at them. */
    private static final class Reader implements AutoCloseable {

        private final Socket socket = new Socket();

        Reader(int port) throws IOException {
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            NodeLogin dialog = new NodeLogin("bench", new NodeCredential.Password("app", "app"),
                    NodeLogin.Link.LOOPBACK, null, new SecureRandom());
            send(new FrontendMessage.StartupMessage(ProtocolVersion.V3_0, Map.of("user", "app", "database", "shop")));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                byte type = in.readByte();
                byte[] body = new byte[in.readInt() - 4];
                in.readFully(body);
                BackendMessage message = BackendDecoder.decode(type, Unpooled.wrappedBuffer(body));
                if (message instanceof BackendMessage.Authentication authentication) {
                    FrontendMessage reply = dialog.reply(authentication);
                    if (reply != null) {
                        send(reply);
                    }
                } else if (message instanceof BackendMessage.ErrorResponse error) {
                    throw new IOException(error.fields().message());
                } else if (message instanceof BackendMessage.ReadyForQuery) {
                    return;
                }
            }
        }

        private void send(FrontendMessage message) throws IOException {
            ByteBuf bytes = Unpooled.buffer();
            FrontendEncoder.encode(message, bytes);
            socket.getOutputStream().write(bytes.array(), 0, bytes.readableBytes());
        }

        /** How many rows the query gives. */
        long read(String sql) throws IOException {
            send(new FrontendMessage.Query(sql));
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[256 << 10];
            int filled = 0;
            long count = 0;
            while (true) {
                int read = in.read(buffer, filled, buffer.length - filled);
                if (read < 0) {
                    throw new IOException("the connection was closed");
                }
                filled += read;
                int at = 0;
                while (filled - at >= 5) {
                    int length = 1 + ((buffer[at + 1] & 0xff) << 24 | (buffer[at + 2] & 0xff) << 16
                            | (buffer[at + 3] & 0xff) << 8 | buffer[at + 4] & 0xff);
                    if (filled - at < length) {
                        break;
                    }
                    switch (buffer[at]) {
                        case 'D' -> count++;
                        case 'E' -> throw new IOException(new String(buffer, at + 5, length - 6));
                        case 'Z' -> {
                            return count;
                        }
                        default -> {
                            // The description, the tag, notices.
                        }
                    }
                    at += length;
                }
                System.arraycopy(buffer, at, buffer, 0, filled - at);
                filled -= at;
            }
        }

        @Override
        public void close() throws IOException {
            send(new FrontendMessage.Terminate());
            socket.close();
        }
    }
}
