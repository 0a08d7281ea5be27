package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Exit codes and what stands on standard error. */
class MainTest {

    @TempDir
    private Path directory;

    /** What a command ended with. */
    private record Ended(int status, String errors) {}

    private static Ended run(String... arguments) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        PrintStream before = System.err;
        System.setErr(errors);
        try {
            CommandLine command = Main.commandLine().setErr(new PrintWriter(errors, true));
            int status = command.execute(arguments);
            return new Ended(status, bytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    @Test
    void wrongUsageIsTwo() {
        assertEquals(2, run().status());
        assertEquals(2, run("dance").status());
        assertEquals(2, run("serve").status());
        assertEquals(2, run("check", "-c", directory.resolve("missing.yaml").toString()).status());
        assertEquals(2, run("serve", "-c", directory.resolve("missing.yaml").toString()).status());
        assertEquals(2, run("demo", "--nodes", "0").status());
        assertEquals(2, run("demo", "--nodes", "17").status());
        assertEquals(2, run("demo", "--port", "many").status());
        assertEquals(0, run("--help").status());
    }

    /** What the launcher archives classes by needs no node, and fails where a start would. */
    @Test
    void aStartIsRehearsedWithoutNodes() {
        Ended ended = run("rehearse");
        assertEquals(0, ended.status(), ended.errors());
    }

    @Test
    void wrongUsageOfLoadIsTwo() throws Exception {
        Path config = Files.writeString(directory.resolve("c.yaml"), """
                databases:
                  shop:
                    nodes: { a: { primary: "127.0.0.1:1" } }
                users:
                  app: { password: x, admin: full }
                """);
        String file = Files.writeString(directory.resolve("rows.csv"), "1\n").toString();
        String c = config.toString();
        assertEquals(2, run("load", "-c", c, "t").status());
        assertEquals(2, run("load", "-c", c, "t", directory.resolve("missing.csv").toString()).status());
        assertEquals(2, run("load", "-c", c, "t", directory.toString()).status());
        assertEquals(2, run("load", "-c", c, "--database", "other", "t", file).status());
        assertEquals(2, run("load", "-c", c, "--user", "other", "t", file).status());
        assertEquals(2, run("load", "-c", c, "--format", "binary", "t", file).status());
        assertEquals(2, run("load", "-c", c, "--csv", "--format", "text", "t", file).status());
        assertTrue(run("load", "-c", c, "--encoding", "latin1", "t", file).errors()
                .startsWith("encoding latin1 is not supported"));
        assertTrue(run("load", "-c", c, "--delimiter", "ab", "t", file).errors()
                .startsWith("COPY delimiter must be a single one-byte character"));
        Ended unreachable = run("load", "-c", c, "--csv", "--header", "t", file);
        assertEquals(3, unreachable.status(), unreachable.errors());
        assertTrue(unreachable.errors().contains("node a at 127.0.0.1:1: "), unreachable.errors());
    }

    @Test
    void problemsAreOne() throws Exception {
        Path file = Files.writeString(directory.resolve("wrong.yaml"), """
                listen: { host: 127.0.0.1, prot: 6432 }
                databases:
                  shop:
                    fanOut: wran
                    nodes: { a: { primary: "127.0.0.1:5432" } }
                users:
                  app: { password: x, admin: full }
                """);
        for (String[] command : new String[][]{{"check", "--offline", "-c", file.toString()},
                {"serve", "-c", file.toString()}}) {
            Ended ended = run(command);
            assertEquals(1, ended.status(), ended.errors());
            assertTrue(ended.errors().contains(file + ":1:28: listen.prot: "), ended.errors());
            assertTrue(ended.errors().contains("did you mean port?"), ended.errors());
            assertTrue(ended.errors().contains(file + ":4:13: databases.shop.fanOut: "), ended.errors());
            assertTrue(ended.errors().contains("did you mean warn?"), ended.errors());
        }
    }

    @Test
    void whatCannotStartIsThree() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ended demo = run("demo", "--port", Integer.toString(taken.getLocalPort()));
            assertEquals(3, demo.status());
            assertTrue(demo.errors().contains("port " + taken.getLocalPort() + " of 127.0.0.1 is in use"),
                    demo.errors());
        }
        Path file = Files.writeString(directory.resolve("nobody.yaml"), """
                databases:
                  shop:
                    nodes: { a: { primary: "127.0.0.1:1" } }
                users:
                  app: { password: x, admin: full }
                """);
        Ended serve = run("serve", "-c", file.toString());
        assertEquals(3, serve.status(), serve.errors());
        assertTrue(serve.errors().contains("cannot start"), serve.errors());
    }
}
