package dev.trunkline.backend;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Interner;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives every text, list of parameter types and meaning of the text one {@link ServerStatement}. An entry lives as long as a
 * session or a connection refers to it. Shared by all event loops of a database.
 */
public final class StatementNames {

    private record Key(byte[] sql, int[] types, long schema, Object meaning) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Key k && schema == k.schema && meaning == k.meaning && Arrays.equals(sql, k.sql)
                    && Arrays.equals(types, k.types);
        }

        @Override
        public int hashCode() {
            return ((Arrays.hashCode(sql) * 31 + Arrays.hashCode(types)) * 31 + Long.hashCode(schema)) * 31
                    + System.identityHashCode(meaning);
        }
    }

    private final AtomicLong next = new AtomicLong();
    private final Interner<Object> meanings = Interner.newWeakInterner();
    private final Cache<Key, ServerStatement> statements = Caffeine.newBuilder().weakValues().executor(Runnable::run)
            .build();

    /** How many statements there are that a session or a connection refers to, roughly. */
    public long count() {
        return statements.estimatedSize();
    }

    /** The one object for all that are equal to this: what decides what the names and constants of a text mean. */
    public Object meaning(Object like) {
        return meanings.intern(like);
    }

    /**
     * The one statement of this text and these types under a schema.
     *
     * @param sql without comments, so that texts that differ in these alone are one statement
     * @param meaning from {@link #meaning}
     */
    public ServerStatement named(byte[] sql, int[] parameterTypes, long schema, Object meaning) {
        return statements.get(new Key(sql, parameterTypes, schema, meaning),
                k -> new ServerStatement("tl_" + next.incrementAndGet(), k.sql, k.types, k.schema, k.meaning));
    }

    /** A statement that one session has for itself. */
    public ServerStatement own(byte[] sql, int[] parameterTypes) {
        return new ServerStatement("tl_" + next.incrementAndGet(), sql, parameterTypes, 0, null);
    }
}
