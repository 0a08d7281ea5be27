package dev.trunkline;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.plan.OfflineExplain;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trunkline explain}: says of each statement on stdin where it would go, without asking a node. */
@Command(name = "explain", mixinStandardHelpOptions = true, description = "Says where the statements on stdin would go, without asking a node. "
        + "A comment \"-- params: 7, 'x'\" before a statement gives its parameters.")
final class ExplainCommand implements Callable<Integer> {

    @Option(names = {"-c",
            "--config"}, required = true, paramLabel = "FILE", description = "The configuration file.")
    private Path file;

    @Option(names = "--schema", required = true, paramLabel = "DDL", description = "The DDL of the nodes' tables.")
    private Path schema;

    @Option(names = {"-d", "--database"}, paramLabel = "NAME", description = "The database; the first one by default.")
    private String databaseName;

    @Option(names = "--json", description = "One line of JSON for each statement.")
    private boolean json;

    ExplainCommand() {}

    @Override
    public Integer call() throws IOException {
        for (Path needed : List.of(file, schema)) {
            if (!Files.isReadable(needed)) {
                System.err.println("cannot read " + needed + (Files.exists(needed) ? "" : ": no such file"));
                return Main.USAGE;
            }
        }
        try {
            Configuration configuration = Configuration.parse(file.toString(), Files.readString(file), System::getenv);
            DatabaseConfig database = databaseName == null
                    ? configuration.databases().values().iterator().next()
                    : configuration.databases().get(databaseName);
            if (database == null) {
                System.err.println(file + ": no database " + databaseName);
                return Main.USAGE;
            }
            OfflineExplain explain = OfflineExplain.of(configuration, database, Files.readString(schema));
            print(explain, new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
            return Main.GOOD;
        } catch (ConfigurationException e) {
            e.problems().forEach(System.err::println);
            return Main.PROBLEMS;
        }
    }

    private void print(OfflineExplain explain, String statements) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (OfflineExplain.Explanation explanation : explain.explain(statements)) {
            out.println(json ? explanation.json() : explanation.text());
        }
    }
}
