package dev.trunkline;

import dev.trunkline.net.JvmNames;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code trunkline}. */
@Command(name = "trunkline", mixinStandardHelpOptions = true, versionProvider = Main.Version.class, description = "A transparent sharding proxy for PostgreSQL.", exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
        "0:good", "1:problems found", "2:wrong usage", "3:cannot start"}, subcommands = {DemoCommand.class,
                ServeCommand.class, CheckCommand.class, ExplainCommand.class, LoadCommand.class, RehearseCommand.class})
public final class Main implements Runnable {

    static final int GOOD = 0;
    static final int PROBLEMS = 1;
    static final int USAGE = 2;
    static final int CANNOT_START = 3;

    @Spec
    private CommandSpec spec;

    Main() {}

    public static void main(String[] arguments) {
        JvmNames.remembersNone();
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println("trunkline: " + failure);
                    failure.printStackTrace(command.getErr());
                    return CANNOT_START;
                });
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** What {@code --version} prints. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[]{"trunkline " + (version == null ? "(not packaged)" : version)};
        }
    }
}
