package dev.trunkline.sql;

import java.util.List;

/**
 * A possibly qualified name as PostgreSQL reads it: unquoted parts folded to lower case (ASCII only), quoted ones as
 * written, each cut at 63 bytes.
 */
public record Name(List<String> parts, Span span) {

    public Name {
        parts = List.copyOf(parts);
    }

    /** The last part. */
    public String last() {
        return parts.getLast();
    }

    /** The schema as written, or null. */
    public String schema() {
        return parts.size() > 1 ? parts.get(parts.size() - 2) : null;
    }

    /** Whether the schema is a session's own of temp objects: {@code pg_temp}, or {@code pg_temp_3} as it is really called. */
    public boolean isTemp() {
        String schema = schema();
        return schema != null && (schema.equals("pg_temp") || schema.startsWith("pg_temp_"));
    }
}
