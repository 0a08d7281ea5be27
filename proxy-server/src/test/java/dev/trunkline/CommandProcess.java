package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The command {@code trunkline} in a process of its own, as this or another user. */
final class CommandProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final Path errors;
    private final List<String> lines = new ArrayList<>();

    private CommandProcess(Process process, Path errors) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.errors = errors;
    }

    /**
     * @param prefix words before java, e.g. of setpriv
     * @param classPath null: our own
     * @param errors file for standard error
     */
    static CommandProcess start(List<String> prefix, String classPath, Path errors, Path postgresJar, Path cache,
            List<String> arguments)
            throws IOException {
        List<String> words = new ArrayList<>(prefix);
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED", "-cp",
                classPath == null ? System.getProperty("java.class.path") : classPath));
        words.add("-Dtrunkline.postgres.jar=" + (postgresJar == null
                ? System.getProperty("trunkline.postgres.jar")
                : postgresJar.toString()));
        if (cache != null) {
            words.add("-Dtrunkline.cache=" + cache);
        }
        words.add(Main.class.getName());
        words.addAll(arguments);
        return new CommandProcess(new ProcessBuilder(words).redirectError(errors.toFile()).start(), errors);
    }

    /** Reads up to a line that fits, and returns it. */
    String awaitLine(Predicate<String> wanted) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            lines.add(line);
            if (wanted.test(line)) {
                return line;
            }
        }
        throw new AssertionError("ended without the line; it said\n" + String.join("\n", lines) + "\nand\n"
                + Files.readString(errors));
    }

    /** What has been read so far. */
    List<String> lines() {
        return lines;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** Sends a signal, reads the rest, and returns the exit status. */
    int signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
        output.lines().forEach(lines::add);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it stops");
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
