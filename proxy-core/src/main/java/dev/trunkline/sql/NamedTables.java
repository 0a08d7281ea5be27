package dev.trunkline.sql;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The tables that a part of a statement names, wherever: all parts are records, so looking through their components misses
 * no shape. A CTE's name is none, unless it is used before the CTE is there.
 */
public final class NamedTables {

    private final List<Name> found = new ArrayList<>();

    private NamedTables() {}

    public static List<Name> of(Object part) {
        NamedTables tables = new NamedTables();
        tables.collect(part, Set.of());
        return tables.found;
    }

    private void collect(Object part, Set<String> ctes) {
        switch (part) {
            case FromItem.Table table -> {
                if (table.name().schema() != null || !ctes.contains(table.name().last())) {
                    found.add(table.name());
                }
                if (table.sampled()) {
                    collect(table.sample(), ctes);
                }
            }
            case Statement.Ddl ddl -> {
                found.addAll(ddl.objects());
                found.addAll(ddl.tables());
                collect(ddl.query(), ctes);
            }
            case Iterable<?> items -> items.forEach(item -> collect(item, ctes));
            case Query query -> components(query, with(query.with(), query.recursive(), ctes));
            case Statement.Insert insert -> components(insert, with(insert.with(), false, ctes));
            case Statement.Update update -> components(update, with(update.with(), false, ctes));
            case Statement.Delete delete -> components(delete, with(delete.with(), false, ctes));
            case Statement.Merge merge -> components(merge, with(merge.with(), false, ctes));
            case Query.Cte cte -> {
                // Its statement was looked through where its name came into view.
            }
            case Record record -> components(record, ctes);
            case null, default -> {
            }
        }
    }

    private void components(Record record, Set<String> ctes) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                collect(component.getAccessor().invoke(record), ctes);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** The names of CTEs in view behind a WITH list, whose statements each see those before them. */
    private Set<String> with(List<Query.Cte> list, boolean recursive, Set<String> outer) {
        Set<String> ctes = new HashSet<>(outer);
        if (recursive) {
            list.forEach(cte -> ctes.add(cte.name()));
        }
        for (Query.Cte cte : list) {
            collect(cte.statement(), Set.copyOf(ctes));
            ctes.add(cte.name());
        }
        return ctes;
    }
}
