package dev.trunkline;

import ch.qos.logback.classic.Level;
import dev.trunkline.demo.Demo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trunkline demo}. */
@Command(name = "demo", mixinStandardHelpOptions = true, description = "Starts PostgreSQL nodes with a sample shop and serves it, all on this machine, until Ctrl-C.")
final class DemoCommand implements Callable<Integer> {

    private static final String HOST = "127.0.0.1";

    @Option(names = "--nodes", paramLabel = "N", description = "How many PostgreSQL nodes (1 to 16); 4, or as many as DIR holds.")
    private int nodes;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "6432", description = "Where clients connect (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--monitoring-port", paramLabel = "PORT", defaultValue = "9432", description = "Where /metrics, /health and /ready are (default: ${DEFAULT-VALUE}).")
    private int monitoringPort;

    @Option(names = "--data", paramLabel = "DIR", description = "Keep the data here, and use what is there. Without it nothing is left.")
    private Path data;

    @Option(names = "--customers", paramLabel = "N", defaultValue = "20000", description = "How large the shop is (default: ${DEFAULT-VALUE}).")
    private int customers;

    @Spec
    private CommandSpec spec;

    DemoCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (nodes < 0 || nodes > 16 || nodes == 0 && spec.commandLine().getParseResult().hasMatchedOption("--nodes")) {
            throw new ParameterException(spec.commandLine(), "--nodes must be 1 to 16");
        }
        if (customers < 1) {
            throw new ParameterException(spec.commandLine(), "--customers must be at least 1");
        }
        // What went wrong is said on the screen; the proxy's notes of each event would only hide it.
        ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        OrderlyStop stop = OrderlyStop.onSignals();
        int status = run(stop);
        if (status != Main.GOOD) {
            stop.closeAll();
            return status;
        }
        new CountDownLatch(1).await();
        return Main.GOOD;
    }

    private int run(OrderlyStop stop) throws InterruptedException {
        for (int wanted : new int[]{port, monitoringPort}) {
            if (!isFree(wanted)) {
                System.err.println("trunkline: cannot start: port " + wanted + " of " + HOST
                        + " is in use; choose others by --port and --monitoring-port");
                return Main.CANNOT_START;
            }
        }
        Demo demo = new Demo(new Demo.Options(nodes, port, monitoringPort, data, customers), System.out);
        stop.add(demo);
        Path file;
        try {
            file = demo.prepare();
        } catch (IOException e) {
            if (!stop.isStopping()) {
                System.out.println();
                System.err.println("trunkline: cannot start: " + e.getMessage());
            }
            return Main.CANNOT_START;
        }
        Service service = new Service();
        stop.add(service);
        int status = ServeCommand.start(service, file, stop);
        if (status == Main.GOOD) {
            demo.printFirstSteps(System.out, HOST, service.port(), service.monitoringPort());
        }
        return status;
    }

    private static boolean isFree(int wanted) {
        try {
            new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress()).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
