package dev.trunkline.admin;

import dev.trunkline.backend.BufferMemory;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes the rows of SHOW MEM: the memory of the process by what it is for, in bytes. */
final class MemoryRows {

    private MemoryRows() {}

    static List<List<Object>> rows() {
        List<List<Object>> rows = new ArrayList<>();
        rows.add(row("heap", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage()));
        rows.add(buffers());
        rows.add(row("classes", sum(pool -> pool.getName().equals("Metaspace"))));
        // One pool, or one for each kind of code.
        rows.add(row("code", sum(pool -> pool.getName().startsWith("Code"))));
        return rows;
    }

    private static List<Object> row(String name, MemoryUsage usage) {
        return Rows.row(name, usage.getUsed(), usage.getCommitted() - usage.getUsed(), usage.getCommitted(),
                usage.getMax() < 0 ? null : usage.getMax());
    }

    private static MemoryUsage sum(Predicate<MemoryPoolMXBean> which) {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(which).map(MemoryPoolMXBean::getUsage)
                .reduce(new MemoryUsage(0, 0, 0, 0),
                        (a, b) -> new MemoryUsage(0, a.getUsed() + b.getUsed(), a.getCommitted() + b.getCommitted(),
                                a.getMax() < 0 || b.getMax() < 0 ? -1 : a.getMax() + b.getMax()));
    }

    /** For the bytes of sockets, outside of the heap. */
    private static List<Object> buffers() {
        long total = BufferMemory.bytes();
        if (ByteBufAllocator.DEFAULT instanceof PooledByteBufAllocator pooled) {
            long used = pooled.pinnedDirectMemory() + BufferMemory.unpooled();
            return Rows.row("buffers", used, total - used, total, null);
        }
        return Rows.row("buffers", null, null, total, null);
    }
}
