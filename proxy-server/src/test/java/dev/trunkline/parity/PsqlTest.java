package dev.trunkline.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** psql says the same through the proxy as on one plain PostgreSQL: its commands ask the catalog in several steps. */
@Timeout(300)
class PsqlTest {

    private static ParityProxy proxy;

    @BeforeAll
    static void startProxy() throws Exception {
        assumeTrue(isInstalled(), "psql is not on the PATH");
        proxy = ParityProxy.start(2);
    }

    @AfterAll
    static void stopProxy() throws Exception {
        if (proxy != null) {
            proxy.close();
        }
    }

    private static boolean isInstalled() {
        return Arrays.stream(System.getenv("PATH").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, "psql")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\d", "\\dt", "\\dt public.*", "\\dt cust*", "\\d customers", "\\d orders",
            "\\d order_items",
            "\\d audit_log", "\\d+ countries", "\\d nothing_here", "\\di", "\\ds", "\\dv", "\\dm", "\\df", "\\df tax",
            "\\sf tax", "\\du", "\\dg", "\\dn", "\\l", "\\dT", "\\dD", "\\dx", "\\dp", "\\z customers", "\\dd", "\\dO",
            "\\dy", "\\det", "\\dRp", "\\db", "\\drds", "\\encoding", "\\x\nSELECT * FROM customers WHERE id = 7;",
            "SELECT id, name FROM customers WHERE id = 7 \\gdesc",
            "SELECT 7 AS id \\gset\nSELECT name FROM customers WHERE id = :id;",
            "SELECT name FROM customers WHERE id = 7 \\g (format=csv)",
            "\\copy (SELECT id FROM audit_log WHERE id < 4) TO STDOUT",
            "\\set FETCH_COUNT 2\nSELECT line, product FROM order_items WHERE customer_id = 2 ORDER BY order_id, line;",
            "BEGIN;\nSELECT 1/0;\nSELECT 1;\nROLLBACK;",
            "\\set ON_ERROR_ROLLBACK on\nBEGIN;\nSELECT 1/0;\nSELECT 1 AS one;\nCOMMIT;",
            "SELECT * FROM nothing_here;", "SELECT 1 +;",
            "\\copy audit_log (id, actor, action) FROM STDIN\n9001\tpsql\tcopy\n\\.\nDELETE FROM audit_log WHERE id = 9001;"})
    void saysTheSame(String commands) throws Exception {
        String plain = run(proxy.plainPort(), proxy.plainDatabase(), commands);
        String through = run(proxy.port(), proxy.database(), commands);
        assertEquals(plain.replace(proxy.plainDatabase(), "DATABASE").replace(proxy.database(), "DATABASE"),
                through.replace(proxy.plainDatabase(), "DATABASE").replace(proxy.database(), "DATABASE"));
        assertTrue(plain.length() > 1, "something is printed");
    }

    private static String run(int port, String database, String commands) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(
                List.of("psql", "-X", "-h", "127.0.0.1", "-p", Integer.toString(port), "-U",
                        ParityDatabases.USER, "-d", database, "-f", "-"));
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("PGCONNECT_TIMEOUT", "10");
        Process process = builder.start();
        process.getOutputStream().write((commands + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return output;
    }
}
