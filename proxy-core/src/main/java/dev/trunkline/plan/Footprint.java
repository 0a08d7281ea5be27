package dev.trunkline.plan;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.route.RowSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What a statement leaves behind wherever it goes: its access, its effects on the session and what it means to it. */
final class Footprint {

    private Access access;
    private final EnumSet<SessionEffect> effects = EnumSet.noneOf(SessionEffect.class);
    private SessionAction action;
    private final List<TableUse> tables = new ArrayList<>();
    private int[] parameterTypes = {};
    private boolean unknownTables;
    private SequenceUse sequences = SequenceUse.NONE;

    Footprint(Access access) {
        this.access = access;
    }

    Footprint and(Access other) {
        access = access.and(other);
        return this;
    }

    Footprint with(SessionEffect... more) {
        effects.addAll(List.of(more));
        return this;
    }

    Footprint with(Set<SessionEffect> more) {
        effects.addAll(more);
        return this;
    }

    Footprint with(SessionAction meaning) {
        action = meaning;
        return this;
    }

    Footprint with(List<RowSource> sources, int[] parameters) {
        for (RowSource source : sources) {
            unknownTables |= source.kind() == RowSource.Kind.UNKNOWN;
            if (source.relation() != null) {
                tables.add(new TableUse(source.relation(), source.written()));
            }
        }
        if (parameters.length > parameterTypes.length) {
            parameterTypes = parameters;
        }
        return this;
    }

    Footprint with(TableUse use) {
        tables.add(use);
        return this;
    }

    /** What it does with sequences, in addition to what is known. */
    Footprint with(SequenceUse more) {
        sequences = sequences.and(more);
        return this;
    }

    /** It need not do with sequences what it says. */
    Footprint perhaps() {
        sequences = sequences.perhaps();
        return this;
    }

    SequenceUse sequences() {
        return sequences;
    }

    Access access() {
        return access;
    }

    Set<SessionEffect> effects() {
        return effects;
    }

    SessionAction action() {
        return action;
    }

    List<TableUse> tables() {
        return tables;
    }

    Footprint withUnknownTables() {
        unknownTables = true;
        return this;
    }

    /** Whether there are tables that the catalog does not know. */
    boolean hasUnknownTables() {
        return unknownTables;
    }

    int[] parameterTypes() {
        return parameterTypes;
    }
}
