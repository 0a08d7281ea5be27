package dev.trunkline.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.trunkline.sql.Statement.AlterAction;
import dev.trunkline.sql.Statement.ColumnDefinition;
import dev.trunkline.sql.Statement.ColumnDefinition.DefaultKind;
import dev.trunkline.sql.Statement.Constraint;
import dev.trunkline.sql.Statement.Ddl;
import dev.trunkline.sql.Statement.Option;

/** The facts of a statement on objects while it is being read. */
final class DdlFacts {

    private static final Option ON_COMMIT_DROP = new Option("on commit", "drop");
    private static final Set<String> RELATIONS = Set.of("table", "view", "sequence");

    private final TokenCursor at;
    private final int start;
    String kind = "";
    Ddl.Verb verb = Ddl.Verb.OTHER;
    String objectKind = "";
    final List<Name> objects = new ArrayList<>();
    final List<Name> tables = new ArrayList<>();
    Statement query;
    final List<ColumnDefinition> columns = new ArrayList<>();
    final List<Constraint> constraints = new ArrayList<>();
    final List<AlterAction> actions = new ArrayList<>();
    boolean temporary;
    boolean ifExists;
    boolean ifNotExists;
    boolean cascade;
    boolean concurrently;
    final List<Option> options = new ArrayList<>();

    DdlFacts(TokenCursor at) {
        this.at = at;
        this.start = at.index();
    }

    int start() {
        return start;
    }

    void is(String node, Ddl.Verb what, String object) {
        kind = node;
        verb = what;
        objectKind = object;
    }

    void object(Name name) {
        objects.add(name);
    }

    /** Columns of which only the names are known: a view's. */
    void columnNames(List<String> names) {
        for (String name : names) {
            columns.add(new ColumnDefinition(name, null, false, DefaultKind.NONE, null, null, Span.NONE));
        }
    }

    /** A domain's type is its only column. */
    void column(TypeName type) {
        columns.add(new ColumnDefinition("value", type, false, DefaultKind.NONE, null, null, type.span()));
    }

    /** Passes over storage clauses to AS. */
    void untilAs(TokenCursor cursor) {
        while (!cursor.atEnd() && !cursor.is("as")) {
            noteOnCommit(cursor);
            if (!cursor.skipParentheses()) {
                cursor.skip();
            }
        }
        cursor.expect("as");
    }

    private void noteOnCommit(TokenCursor cursor) {
        if (cursor.are("on", "commit", "drop")) {
            options.add(ON_COMMIT_DROP);
        }
    }

    /** Passes over what is left, noting CASCADE and ON COMMIT DROP. */
    void rest() {
        while (!at.atEnd()) {
            noteOnCommit(at);
            if (at.is("cascade") && at.index() == at.limit() - 1) {
                cascade = true;
            }
            at.skip();
        }
    }

    /** Whether it makes a relation in the schema of temp objects, which says as much as TEMP. */
    private boolean makesTemp() {
        return verb == Ddl.Verb.CREATE && RELATIONS.contains(objectKind) && !objects.isEmpty()
                && objects.getFirst().isTemp();
    }

    Ddl statement() {
        return new Ddl(kind, verb, objectKind, List.copyOf(objects), List.copyOf(tables), query, List.copyOf(columns),
                List.copyOf(constraints), List.copyOf(actions), temporary || makesTemp(), ifExists, ifNotExists,
                cascade,
                concurrently, List.copyOf(options), at.span(start));
    }
}
