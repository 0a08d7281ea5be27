package dev.trunkline.catalog;

import java.util.regex.Pattern;

/**
 * Reads what a column's default does with sequences, as a node prints it with nothing but {@code pg_catalog} on the search path: what is not
 * PostgreSQL's own has its schema there.
 */
final class DefaultNumbers {

    /** {@code nextval('s'::regclass)} and nothing else, whatever it is cast to. */
    private static final Pattern NEXTVAL = Pattern
            .compile("\\(*nextval\\('(?:[^']|'')+'::regclass\\)\\)*(?:::[\\w .\"(),]+\\)*)*");
    private static final Pattern STRING = Pattern.compile("'(?:[^']++|'')*+'");
    private static final Pattern MAY_TAKE = Pattern.compile("\\b(?:nextval|setval)\\b|[\\w\"]\\.\"?[\\w]");

    private DefaultNumbers() {}

    static SequenceUse of(ColumnFacts column) {
        return switch (column.defaultKind()) {
            // A domain may bring a default of its own.
            case NONE -> column.typeOid() == column.baseTypeOid() ? SequenceUse.NONE : SequenceUse.ASIDE;
            case CONSTANT, GENERATED -> SequenceUse.NONE;
            case IDENTITY -> column.sequence() == null
                    ? SequenceUse.SOME
                    : SequenceUse.of(column.sequence().name());
            case SEQUENCE, EXPRESSION -> expression(column);
        };
    }

    private static SequenceUse expression(ColumnFacts column) {
        String text = column.defaultText();
        if (text == null) {
            return column.defaultKind() == DefaultKind.SEQUENCE ? SequenceUse.SOME : SequenceUse.NONE;
        }
        if (column.sequence() != null && NEXTVAL.matcher(text).matches()) {
            return SequenceUse.of(column.sequence().name());
        }
        SequenceUse use = text.contains("nextval")
                ? SequenceUse.PERHAPS
                : MAY_TAKE.matcher(STRING.matcher(text).replaceAll("''")).find() ? SequenceUse.ASIDE : SequenceUse.NONE;
        SequenceUse.Asked asked = SequenceCalls.asked(text);
        return asked == null ? use : use.and(SequenceUse.asking(asked));
    }
}
