package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of one node go through without an object made for any of them. */
class RowAllocationTest {

    private static final int ROWS = 500_000;
    /** No object is smaller than 16 bytes; what a read of the socket costs is shared by hundreds of rows. */
    private static final int LEAST_OBJECT_BYTES = 16;

    private ResourceLeakDetector.Level level;

    /** It would note down every access to a buffer. */
    @BeforeEach
    void stopLeakDetection() {
        level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterEach
    void resumeLeakDetection() {
        ResourceLeakDetector.setLevel(level);
    }

    @Test
    void rowsOfOneNodeMakeNoGarbage() throws Exception {
        try (SessionFixture shop = SessionFixture.start(2);
                Connection client = DriverManager.getConnection(shop.jdbcUrl());
                Statement statement = client.createStatement()) {
            readAll(statement, 1000);
            long before = allocatedByLoops();
            readAll(statement, ROWS);
            long bytes = allocatedByLoops() - before;
            assertTrue(bytes < (long) ROWS * LEAST_OBJECT_BYTES / 4, bytes + " bytes for " + ROWS + " rows");
        }
    }

    private static void readAll(Statement statement, int rows) throws Exception {
        try (ResultSet result = statement.executeQuery("SELECT g FROM generate_series(1, " + rows + ") g")) {
            int read = 0;
            while (result.next()) {
                read++;
            }
            assertEquals(rows, read);
        }
    }

    private static long allocatedByLoops() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("trunkline-loop"))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.threadId())).sum();
    }
}
