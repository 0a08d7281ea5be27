package dev.trunkline.sql;

import java.util.List;

/**
 * A type as written in a cast or a column definition, canonical in its last part ({@code int4}, {@code timestamptz},
 * {@code bpchar}): its name, the literal type modifiers and the number of array dimensions.
 */
public record TypeName(Name name, List<Integer> modifiers, int arrayDimensions, Span span) {

    public TypeName {
        modifiers = List.copyOf(modifiers);
    }
}
