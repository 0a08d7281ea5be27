package dev.trunkline.backend;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives every text and list of parameter types one {@link ServerStatement}. An entry lives as long as a session or a
 * connection refers to it. Shared by all event loops of a database.
 */
public final class StatementNames {

    private record Key(byte[] sql, int[] types) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Key k && Arrays.equals(sql, k.sql) && Arrays.equals(types, k.types);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(sql) * 31 + Arrays.hashCode(types);
        }
    }

    private final AtomicLong next = new AtomicLong();
    private final Cache<Key, ServerStatement> statements = Caffeine.newBuilder().weakValues().executor(Runnable::run)
            .build();

    /** The one statement of this text and these types. */
    public ServerStatement named(byte[] sql, int[] parameterTypes) {
        return statements.get(new Key(sql, parameterTypes),
                k -> new ServerStatement("tl_" + next.incrementAndGet(), k.sql, k.types));
    }
}
