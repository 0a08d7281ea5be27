package dev.trunkline.node;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A run of {@code check}: its exit code and what it printed. */
record CheckRun(int exitCode, List<String> out, List<String> err) {

    static CheckRun of(String yaml, boolean offline, boolean rows) throws IOException {
        Path file = Files.createTempFile("check", ".yaml");
        try {
            Files.writeString(file, yaml);
            return of(file, offline, rows);
        } finally {
            Files.delete(file);
        }
    }

    static CheckRun of(Path file, boolean offline, boolean rows) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = ConfigurationCheck.run(file, new ConfigurationCheck.Options(offline, rows), name -> null,
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new CheckRun(exitCode, lines(out, file), lines(err, file));
    }

    /** The problems that an online check prints. */
    static List<String> problems(String yaml) throws IOException {
        return of(yaml, false, false).err();
    }

    private static List<String> lines(ByteArrayOutputStream bytes, Path file) {
        return bytes.toString(StandardCharsets.UTF_8).lines().map(line -> line.replace(file.toString(), "FILE"))
                .toList();
    }
}
