package dev.trunkline;

import dev.trunkline.node.ConfigurationCheck;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trunkline check}. */
@Command(name = "check", mixinStandardHelpOptions = true, description = "Says everything that is wrong with a configuration file and with the nodes it names.")
final class CheckCommand implements Callable<Integer> {

    @Option(names = {"-c",
            "--config"}, required = true, paramLabel = "FILE", description = "The configuration file.")
    private Path file;

    @Option(names = "--offline", description = "Ask no node.")
    private boolean offline;

    @Option(names = "--rows", description = "Count the rows that lie on the wrong node too.")
    private boolean rows;

    CheckCommand() {}

    @Override
    public Integer call() {
        return ConfigurationCheck.run(file, new ConfigurationCheck.Options(offline, rows), System::getenv, System.out,
                System.err);
    }
}
