import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.NodeLogin;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage.Authentication;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.ProtocolVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * What {@code scripts/bench idle-clients} runs: logs in many clients by SCRAM, has each make one query, lets them be idle, and
 * prints what the proxy holds for them: heap after a collection, memory of buffers outside the heap, and the process's size.
 */
final class IdleClients {

    /** Connections from one address of the loopback network: below the number of ports that the system has for it. */
    private static final int PER_ADDRESS = 20_000;

    private final int port;
    private final int monitoringPort;
    private final String proxyPid;
    private final boolean tls;
    private final List<Socket> clients = new ArrayList<>();

    private IdleClients(String proxyPid, int port, int monitoringPort, boolean tls) {
        this.proxyPid = proxyPid;
        this.port = port;
        this.monitoringPort = monitoringPort;
        this.tls = tls;
    }

    /** How many clients, the proxy's process, port and monitoring port, tls or plain, a file for JSON or -. */
    public static void main(String[] arguments) throws Exception {
        IdleClients bench = new IdleClients(arguments[1], Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]), arguments[4].equals("tls"));
        bench.run(Integer.parseInt(arguments[0]), arguments[5]);
        // The sockets end with the process.
        Runtime.getRuntime().halt(0);
    }

    /** What the proxy's process holds, in bytes. */
    private record Memory(long heap, long buffers, long resident) {}

    private void run(int count, String file) throws Exception {
        // The first clients have classes loaded and statements planned.
        connect(0, 200);
        for (Socket client : clients) {
            client.close();
        }
        clients.clear();
        Memory before = memory();
        print("without clients", before);
        connect(0, count);
        Memory after = memory();
        print(count + " idle clients", after);
        System.out.printf(Locale.ROOT, "%-22s %9d B %9d B %9d B%n", "for each client", (after.heap - before.heap) / count,
                (after.buffers - before.buffers) / count, (after.resident - before.resident) / count);
        long total = after.heap + after.buffers;
        System.out.printf(Locale.ROOT, "heap and buffers of all: %.0f MB%n", total / 1e6);
        if (!file.equals("-")) {
            Files.writeString(Path.of(file), String.format(Locale.ROOT,
                    "{\"clients\":%d,\"tls\":%b,\"heap\":%d,\"buffers\":%d,\"resident\":%d,\"heapBefore\":%d,"
                            + "\"buffersBefore\":%d,\"residentBefore\":%d}%n",
                    count, tls, after.heap, after.buffers, after.resident, before.heap, before.buffers,
                    before.resident));
        }
    }

    private static void print(String what, Memory memory) {
        System.out.printf(Locale.ROOT, "%-22s heap %7.1f MB, buffers %7.1f MB, resident %7.1f MB%n", what,
                memory.heap / 1e6, memory.buffers / 1e6, memory.resident / 1e6);
    }

    // ---- clients

    private void connect(int from, int count) throws Exception {
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        ExecutorService logins = Executors.newFixedThreadPool(threads);
        List<Future<Socket>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = from + i;
            all.add(logins.submit((Callable<Socket>) () -> login(number)));
        }
        for (Future<Socket> each : all) {
            clients.add(each.get());
        }
        logins.shutdown();
    }

    private Socket login(int number) throws Exception {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0." + (2 + number / PER_ADDRESS)), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", port));
        if (tls) {
            socket = encrypted(socket);
        }
        NodeLogin login = new NodeLogin("proxy", new NodeCredential.Password("app", "app"), NodeLogin.Link.LOOPBACK,
                null, new SecureRandom());
        send(socket, new FrontendMessage.StartupMessage(ProtocolVersion.V3_0, Map.of("user", "app", "database", "shop")));
        boolean asked = false;
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 2048));
        while (true) {
            byte type = in.readByte();
            byte[] body = new byte[in.readInt() - 4];
            in.readFully(body);
            switch (BackendDecoder.decode(type, Unpooled.wrappedBuffer(body))) {
                case Authentication authentication -> {
                    FrontendMessage reply = login.reply(authentication);
                    if (reply != null) {
                        send(socket, reply);
                    }
                }
                case ErrorResponse error -> throw new IOException(error.fields().message());
                case ReadyForQuery ready -> {
                    if (asked) {
                        return socket;
                    }
                    asked = true;
                    send(socket, new FrontendMessage.Query("SELECT name FROM customers WHERE id = " + number));
                }
                default -> {
                    // Parameters and rows.
                }
            }
        }
    }

    private static void send(Socket socket, FrontendMessage message) throws IOException {
        ByteBuf out = Unpooled.buffer();
        FrontendEncoder.encode(message, out);
        socket.getOutputStream().write(out.array(), 0, out.readableBytes());
        socket.getOutputStream().flush();
    }

    private static Socket encrypted(Socket plain) throws Exception {
        ByteBuf request = Unpooled.buffer();
        FrontendEncoder.encode(new FrontendMessage.SSLRequest(), request);
        plain.getOutputStream().write(request.array(), 0, request.readableBytes());
        if (plain.getInputStream().read() != 'S') {
            throw new IOException("no TLS");
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[]{new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        }}, new SecureRandom());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "127.0.0.1", plain.getPort(), true);
        socket.startHandshake();
        return socket;
    }

    // ---- the proxy's memory

    private Memory memory() throws Exception {
        jcmd("GC.run");
        jcmd("GC.run");
        String metrics = HttpClient.newHttpClient().send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + monitoringPort + "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString()).body();
        String status = Files.readString(Path.of("/proc", proxyPid, "status"));
        return new Memory(sum(metrics, "jvm_memory_used_bytes\\{area=\"heap\"[^}]*} (\\S+)"),
                sum(metrics, "(?m)^trunkline_buffer_bytes (\\S+)"), sum(status, "VmRSS:\\s+(\\d+)") * 1024);
    }

    private void jcmd(String command) throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), proxyPid,
                command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        if (process.waitFor() != 0) {
            throw new IOException("jcmd " + command + " failed");
        }
    }

    private static long sum(String text, String pattern) {
        Matcher sample = Pattern.compile(pattern).matcher(text);
        double sum = 0;
        while (sample.find()) {
            sum += Double.parseDouble(sample.group(1));
        }
        return (long) sum;
    }
}
