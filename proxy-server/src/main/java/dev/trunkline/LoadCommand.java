package dev.trunkline;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.copy.CopyFormat;
import dev.trunkline.load.Load;
import dev.trunkline.load.LoadOptions;
import dev.trunkline.load.LoadOptions.Header;
import dev.trunkline.load.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trunkline load}. */
@Command(name = "load", mixinStandardHelpOptions = true, description = "Copies a file's rows into a table: each to the node of its shard key, those of a reference table to every node. "
        + "Options are those of COPY.")
final class LoadCommand implements Callable<Integer> {

    enum Format {
        TEXT,
        CSV
    }

    @Option(names = {"-c",
            "--config"}, required = true, paramLabel = "FILE", description = "The configuration file.")
    private Path config;

    @Option(names = {"-d", "--database"}, paramLabel = "NAME", description = "The database; the first one by default.")
    private String database;

    @Option(names = {"-U",
            "--user"}, paramLabel = "USER", description = "Copy with this user's login at the nodes; the control account's by default.")
    private String user;

    @Option(names = "--format", paramLabel = "FORMAT", description = "text (the default) or csv.")
    private Format format;

    @Option(names = "--csv", description = "The same as --format csv.")
    private boolean csv;

    @Option(names = "--header", description = "The first line is no row.")
    private boolean header;

    @Option(names = "--header-match", description = "The first line is no row, and has to name the columns in order.")
    private boolean headerMatch;

    @Option(names = "--columns", split = ",", paramLabel = "COLUMN", description = "The columns of the file, in order; all but generated ones by default.")
    private List<String> columns;

    @Option(names = "--delimiter", paramLabel = "CHAR", description = "Between fields: a tab by default (\\t), a comma in CSV.")
    private String delimiter;

    @Option(names = "--null", paramLabel = "TEXT", description = "What stands for NULL: \\N by default, nothing in CSV.")
    private String nullText;

    @Option(names = "--quote", paramLabel = "CHAR", description = "Around fields in CSV: \" by default.")
    private String quote;

    @Option(names = "--escape", paramLabel = "CHAR", description = "Before a quote within quotes in CSV: the quote itself by default.")
    private String escape;

    @Option(names = "--force-null", split = ",", paramLabel = "COLUMN", description = "In these columns a quoted NULL text is NULL too (CSV).")
    private List<String> forceNull = List.of();

    @Option(names = "--force-not-null", split = ",", paramLabel = "COLUMN", description = "In these columns the NULL text is a text like any other (CSV).")
    private List<String> forceNotNull = List.of();

    @Option(names = "--encoding", paramLabel = "NAME", description = "Of the file: UTF8, nothing else.")
    private String encoding = "UTF8";

    @Option(names = "--only", split = ",", paramLabel = "NODE", description = "Load into these nodes; rows of others are passed over. For what an interrupted load has left out.")
    private Set<String> only;

    @Option(names = "--max-row", paramLabel = "BYTES", defaultValue = "67108864", description = "The longest row that is accepted (default: ${DEFAULT-VALUE}).")
    private int maxRow;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table, written as in the configuration file.")
    private String table;

    @Parameters(index = "1", paramLabel = "FILE", description = "The file; - for standard input.")
    private Path file;

    @Spec
    private CommandSpec spec;

    LoadCommand() {}

    @Override
    public Integer call() throws InterruptedException, IOException {
        LoadOptions options = options();
        boolean standardInput = file.toString().equals("-");
        for (Path needed : standardInput ? List.of(config) : List.of(config, file)) {
            if (!Files.isReadable(needed) || Files.isDirectory(needed)) {
                System.err.println("trunkline: cannot read " + needed
                        + (Files.exists(needed) ? "" : ": no such file"));
                return Main.USAGE;
            }
        }
        Configuration configuration;
        try {
            configuration = Configuration.parse(config.toString(), Files.readString(config), System::getenv);
        } catch (ConfigurationException e) {
            e.problems().forEach(System.err::println);
            return Main.PROBLEMS;
        }
        // A pipe or a device has no size that means anything.
        long size = !standardInput && Files.isRegularFile(file) ? Files.size(file) : -1;
        Progress progress = new Progress(System.err, quiet
                ? Progress.Style.NONE
                : Boolean.getBoolean("trunkline.terminal") ? Progress.Style.BAR : Progress.Style.LINES, size);
        try (InputStream data = standardInput ? System.in : Files.newInputStream(file)) {
            Load load = new Load(configuration, options, data, progress, System.out, System.err);
            Runtime.getRuntime().addShutdownHook(new Thread(load::stop, "stop-load"));
            return load.run();
        }
    }

    private LoadOptions options() {
        if (!Set.of("UTF8", "UTF-8").contains(encoding.toUpperCase(Locale.ROOT))) {
            throw new ParameterException(spec.commandLine(),
                    "encoding " + encoding + " is not supported: convert the file to UTF8, e.g. by iconv");
        }
        if (csv && format == Format.TEXT) {
            throw new ParameterException(spec.commandLine(), "conflicting options: --csv and --format text");
        }
        if (maxRow < 1) {
            throw new ParameterException(spec.commandLine(), "--max-row must be at least 1");
        }
        try {
            return new LoadOptions(database, user, table, columns,
                    CopyFormat.of(csv || format == Format.CSV, "\\t".equals(delimiter) ? "\t" : delimiter, nullText,
                            quote, escape, forceNull, forceNotNull),
                    headerMatch ? Header.MATCHED : header ? Header.SKIPPED : Header.NONE, only, maxRow);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}
