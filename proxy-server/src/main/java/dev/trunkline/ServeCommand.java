package dev.trunkline;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.HostPort;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.error.ProxyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trunkline serve}. */
@Command(name = "serve", mixinStandardHelpOptions = true, description = "Serves the databases of a configuration file until SIGINT or SIGTERM.")
final class ServeCommand implements Callable<Integer> {

    @Option(names = {"-c",
            "--config"}, required = true, paramLabel = "FILE", description = "The configuration file.")
    private Path file;

    ServeCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        OrderlyStop stop = OrderlyStop.onSignals();
        Service service = new Service();
        stop.add(service);
        int status = start(service, file, stop);
        if (status != Main.GOOD) {
            stop.closeAll();
            return status;
        }
        HangUp.call(service::reload);
        new CountDownLatch(1).await();
        return Main.GOOD;
    }

    /** Starts the service and says where it is ready, or says why not. */
    static int start(Service service, Path file, OrderlyStop stop) throws InterruptedException {
        try {
            Configuration configuration = Configuration.parse(file.toString(), Files.readString(file), System::getenv);
            configuration.warnings().forEach(System.err::println);
            service.start(configuration);
            System.out.println("ready " + new HostPort(configuration.listen().host(), service.port()));
            System.out.flush();
            return Main.GOOD;
        } catch (ConfigurationException e) {
            e.problems().forEach(System.err::println);
            return Main.PROBLEMS;
        } catch (NoSuchFileException e) {
            System.err.println("trunkline: no such file: " + file);
            return Main.USAGE;
        } catch (ProxyException e) {
            System.err.println(
                    "trunkline: cannot start: " + e.getMessage() + (e.detail() == null ? "" : ". " + e.detail()));
            return Main.CANNOT_START;
        } catch (IOException e) {
            if (!stop.isStopping()) {
                System.err.println("trunkline: cannot start: " + e.getMessage());
            }
            return Main.CANNOT_START;
        }
    }
}
