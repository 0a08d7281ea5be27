package dev.trunkline.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class DemoTest {

    @TempDir
    private Path kept;

    @Test
    void preparesNodesAShopAndAConfiguration() throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream progress = new PrintStream(output, true, StandardCharsets.UTF_8);
        Path file;
        try (Demo demo = new Demo(new Demo.Options(0, 6432, 9432, null, 1000), progress)) {
            file = demo.prepare();
            Configuration read = Configuration.parse("trunkline.yaml", Files.readString(file), name -> null);
            assertEquals(List.of(), read.warnings());
            DatabaseConfig shop = read.databases().get("shop");
            assertEquals(List.of("n1", "n2", "n3", "n4"), shop.nodes().stream().map(n -> n.name()).toList());
            for (int node = 0; node < 4; node++) {
                // The users and passwords of the file are those of the nodes.
                String url = "jdbc:postgresql://" + shop.nodes().get(node).primary() + "/shop";
                try (Connection connection = DriverManager.getConnection(url, "app", "app");
                        Statement statement = connection.createStatement();
                        ResultSet row = statement
                                .executeQuery("SELECT count(*), bool_or(rolsuper) FROM customers, pg_roles "
                                        + "WHERE rolname = current_user")) {
                    assertTrue(row.next());
                    assertTrue(row.getInt(1) > 150, "customers on node " + node);
                    assertFalse(row.getBoolean(2), "anybody knows the password");
                }
                DriverManager.getConnection(url, shop.control().user(), shop.control().password().value()).close();
            }
            demo.printFirstSteps(progress, "127.0.0.1", 6432, 9432);
        }
        String text = output.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("100%"), text);
        assertEquals(1, text.lines().filter(line -> line.startsWith("psql ")).count(), text);
        assertFalse(Files.exists(file.getParent()), "no file is left");
    }

    @Test
    void keepsItsDataInADirectory() throws Exception {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        Path data = kept.resolve("demo");
        Files.setPosixFilePermissions(kept, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        Demo.Options two = new Demo.Options(2, 6432, 9432, data, 200);
        try (Demo demo = new Demo(two, nowhere)) {
            demo.prepare();
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        try (Demo demo = new Demo(new Demo.Options(0, 6432, 9432, data, 200),
                new PrintStream(output, true, StandardCharsets.UTF_8))) {
            demo.prepare();
        }
        assertTrue(output.toString(StandardCharsets.UTF_8).contains("Using the shop"), output::toString);
        try (Demo demo = new Demo(new Demo.Options(3, 6432, 9432, data, 200), nowhere)) {
            IOException refused = assertThrows(IOException.class, demo::prepare);
            assertTrue(refused.getMessage().contains("holds a demo of 2 nodes"), refused.getMessage());
        }
    }

    @Test
    void closingWhileItPreparesLeavesNothing() throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        CompletableFuture<Void> loading = new CompletableFuture<>();
        PrintStream progress = new PrintStream(output, true, StandardCharsets.UTF_8) {
            @Override
            public void print(String text) {
                super.print(text);
                if (text.startsWith("25%")) {
                    loading.complete(null);
                }
            }
        };
        // Other tests of this JVM have servers of their own.
        List<Long> before = ProcessHandle.current().children().map(ProcessHandle::pid).toList();
        Demo demo = new Demo(new Demo.Options(2, 6432, 9432, null, 50_000), progress);
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread preparing = Thread.ofPlatform().start(() -> {
            try {
                demo.prepare();
                failure.complete(null);
            } catch (Throwable e) {
                failure.complete(e);
            }
        });
        loading.get(60, TimeUnit.SECONDS);
        List<ProcessHandle> servers = ProcessHandle.current().children()
                .filter(p -> p.info().command().map(c -> c.endsWith("/postgres")).orElse(false))
                .filter(p -> !before.contains(p.pid())).toList();
        assertEquals(2, servers.size());
        demo.close();
        assertTrue(failure.get(60, TimeUnit.SECONDS) instanceof IOException);
        preparing.join();
        for (ProcessHandle server : servers) {
            assertFalse(server.isAlive());
        }
    }
}
