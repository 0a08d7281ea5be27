package dev.trunkline.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * An initialised, never started data directory in the cache folder: copying it takes a tenth of {@code initdb}'s time.
 *
 * <p>The superuser is {@code postgres}; its password is random, the same for all nodes made from this template, and lies
 * beside the cluster's files where only the owner can read it. The encoding is UTF8 and the order of text is that of code
 * points on every machine.
 */
final class ClusterTemplate {

    static final String PASSWORD_FILE = "trunkline.password";

    private ClusterTemplate() {}

    /** Makes a data directory for a node. */
    static void copyTo(Path dataDirectory, PostgresInstallation postgres) throws IOException, InterruptedException {
        CacheFolder cache = CacheFolder.ofUser();
        String account = postgres.account().uid() < 0 ? "" : "-" + postgres.account().uid();
        Path template = cache.path().resolve("template-" + postgres.version() + "-"
                + Integer.toHexString(postgres.binaries().toString().hashCode()) + account);
        if (!Files.isDirectory(template)) {
            cache.exclusively(() -> {
                if (!Files.isDirectory(template)) {
                    initialise(template, postgres);
                }
                return template;
            });
        }
        FileTrees.copy(template, dataDirectory, postgres.account());
        SystemIdentifier.renew(dataDirectory);
    }

    private static void initialise(Path template, PostgresInstallation postgres)
            throws IOException, InterruptedException {
        Path unfinished = template.resolveSibling(template.getFileName() + ".unfinished");
        FileTrees.delete(unfinished);
        Files.createDirectory(unfinished,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        postgres.account().give(unfinished);
        byte[] random = new byte[18];
        new SecureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);

        Path passwordFile = Files.createTempFile(template.getParent(), "initdb-", ".password");
        String output;
        int status;
        try {
            Files.writeString(passwordFile, password + "\n");
            postgres.account().give(passwordFile);
            List<String> words = new ArrayList<>(List.of(postgres.program("initdb"), "--pgdata=" + unfinished,
                    "--username=postgres", "--pwfile=" + passwordFile, "--encoding=UTF8", "--locale=C", "--no-sync",
                    "--auth=scram-sha-256", "--no-instructions"));
            if (postgres.majorVersion() >= 17) {
                words.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
            }
            ProcessBuilder builder = new ProcessBuilder(postgres.account().command(words)).redirectErrorStream(true)
                    .redirectInput(new java.io.File("/dev/null")).directory(template.getParent().toFile());
            Process process = ChildProcesses.start(builder);
            try (InputStream in = process.getInputStream()) {
                output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
            status = process.waitFor();
        } finally {
            Files.delete(passwordFile);
        }
        if (status != 0) {
            FileTrees.delete(unfinished);
            throw new IOException("initdb ended with status " + status + ":\n" + output.strip());
        }
        Path kept = unfinished.resolve(PASSWORD_FILE);
        Files.createFile(kept, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(kept, password);
        postgres.account().give(kept);
        Files.move(unfinished, template, StandardCopyOption.ATOMIC_MOVE);
    }
}
