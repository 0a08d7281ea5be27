package dev.trunkline.sql;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a query away from its text, so that it can be read as a part of other statements: a view's. Its spans are
 * {@link Span#NONE}, and its literals bring their source, since the slots of a statement are those of the statement's own
 * text.
 */
public final class DetachedQuery {

    private final String sql;

    private DetachedQuery(String sql) {
        this.sql = sql;
    }

    /** The query, which was parsed from {@code sql}. */
    public static Query of(Query query, String sql) {
        return (Query) new DetachedQuery(sql).detach(query);
    }

    /** All parts of a query are records, lists and plain values. */
    private Object detach(Object part) {
        return switch (part) {
            case Span span -> Span.NONE;
            case Expr.Literal literal -> literal.detach(sql);
            case List<?> items -> {
                List<Object> detached = new ArrayList<>(items.size());
                items.forEach(item -> detached.add(detach(item)));
                yield detached;
            }
            case Record parts -> rebuilt(parts);
            case null, default -> part;
        };
    }

    private Record rebuilt(Record parts) {
        RecordComponent[] components = parts.getClass().getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                values[i] = detach(components[i].getAccessor().invoke(parts));
            }
            Constructor<?> canonical = parts.getClass().getDeclaredConstructor(types);
            return (Record) canonical.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
