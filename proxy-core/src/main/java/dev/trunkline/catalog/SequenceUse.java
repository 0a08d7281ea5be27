package dev.trunkline.catalog;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.StringJoiner;

/**
 * What running something does with sequences: which numbers it takes, and which that were taken before it asks for.
 *
 * @param draws
 *            the sequences that have a number of this session's own, for {@code currval}, whenever it has succeeded
 * @param takes
 *            whether it takes a number, from whichever sequence, whenever it succeeds: {@code lastval} is this session's own then
 * @param doubt
 *            whether it may take numbers beyond these
 * @param asked
 *            what it asks for of numbers that were taken before, or null
 * @param inside
 *            what code that it runs may ask for, be it taken before or by itself; or null
 */
public record SequenceUse(Set<RelationName> draws, boolean takes, Doubt doubt, Asked asked, Asked inside) {

    /** Whether something may take numbers that it is not certain to take. */
    public enum Doubt {
        /** It takes none. */
        NONE,
        /** By code that runs beside what it is for. */
        ASIDE,
        /** It is made for that, if there are rows for it or code that does so: somebody may ask for the number next. */
        OWN
    }

    /**
     * What {@code currval} and {@code lastval} are called for.
     *
     * @param sequences
     *            those whose number is asked for
     * @param last
     *            whether the last number of all is
     * @param parameter
     *            the number of the parameter that names another sequence, 0 for none
     * @param others
     *            whether there are sequences of which nobody can tell which they are
     */
    public record Asked(Set<RelationName> sequences, boolean last, int parameter, boolean others) {

        public Asked {
            sequences = Set.copyOf(sequences);
        }

        Asked and(Asked more) {
            return more == null
                    ? this
                    : new Asked(union(sequences, more.sequences), last || more.last,
                            Math.max(parameter, more.parameter),
                            others || more.others
                                    || parameter > 0 && more.parameter > 0 && parameter != more.parameter);
        }

        private Asked after(SequenceUse taken) {
            Set<RelationName> left = new LinkedHashSet<>(sequences);
            left.removeAll(taken.draws);
            boolean lastIsOpen = last && !taken.takes;
            return left.isEmpty() && !lastIsOpen && parameter == 0 && !others
                    ? null
                    : new Asked(left, lastIsOpen, parameter, others);
        }

        /** With a name in place of the parameter; null is that of no sequence that is known. */
        private Asked with(RelationName named) {
            return named == null
                    ? new Asked(sequences, last, 0, true)
                    : new Asked(union(sequences, Set.of(named)), last, 0, others);
        }
    }

    public static final SequenceUse NONE = new SequenceUse(Set.of(), false, Doubt.NONE, null, null);
    /** A number of a sequence that nobody knows. */
    public static final SequenceUse SOME = new SequenceUse(Set.of(), true, Doubt.OWN, null, null);
    /** Perhaps a number, for whoever asks next. */
    public static final SequenceUse PERHAPS = new SequenceUse(Set.of(), false, Doubt.OWN, null, null);
    /** Perhaps a number, beside what it is for. */
    public static final SequenceUse ASIDE = new SequenceUse(Set.of(), false, Doubt.ASIDE, null, null);

    public SequenceUse {
        draws = Set.copyOf(draws);
    }

    /** A number of this sequence. */
    public static SequenceUse of(RelationName sequence) {
        return new SequenceUse(Set.of(sequence), true, Doubt.NONE, null, null);
    }

    public static SequenceUse asking(Asked asked) {
        return new SequenceUse(Set.of(), false, Doubt.NONE, asked, null);
    }

    /** Code that may ask. */
    static SequenceUse askingInside(Asked asked) {
        return new SequenceUse(Set.of(), false, Doubt.NONE, null, asked);
    }

    /** Whether something of it is certain. */
    public boolean isCertain() {
        return takes || !draws.isEmpty();
    }

    /** Both together. */
    public SequenceUse and(SequenceUse other) {
        if (other == NONE || this == NONE) {
            return this == NONE ? other : this;
        }
        return new SequenceUse(union(draws, other.draws), takes || other.takes,
                doubt.compareTo(other.doubt) >= 0 ? doubt : other.doubt,
                asked == null ? other.asked : asked.and(other.asked),
                inside == null ? other.inside : inside.and(other.inside));
    }

    /** What its code may ask for that it is not certain to take itself; null for nothing. */
    public Asked askedInside() {
        return inside == null || !isCertain() ? inside : inside.after(this);
    }

    /** The same when the parameter is known that names a sequence; null where it names none that is known. */
    public SequenceUse naming(RelationName sequence) {
        return new SequenceUse(draws, takes, doubt, asked.with(sequence), inside);
    }

    /** The same behind something that has surely been done: what that takes may be asked for. */
    public SequenceUse after(SequenceUse first) {
        return asked == null || !first.isCertain()
                ? this
                : new SequenceUse(draws, takes, doubt, asked.after(first), inside);
    }

    /** The same of something that need not happen. */
    public SequenceUse perhaps() {
        return isCertain() ? new SequenceUse(Set.of(), false, Doubt.OWN, asked, inside) : this;
    }

    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ");
        draws.stream().map(RelationName::toString).sorted()
                .forEach(name -> text.add((takes ? "draws " : "sets ") + name));
        if (takes && draws.isEmpty()) {
            text.add("draws");
        }
        if (doubt != Doubt.NONE) {
            text.add(doubt == Doubt.OWN ? "may draw" : "may draw aside");
        }
        add(text, "asks ", asked);
        add(text, "code asks ", inside);
        return text.toString();
    }

    private static void add(StringJoiner text, String verb, Asked asked) {
        if (asked == null) {
            return;
        }
        asked.sequences.stream().map(RelationName::toString).sorted().forEach(name -> text.add(verb + name));
        if (asked.last) {
            text.add(verb + "the last");
        }
        if (asked.parameter > 0) {
            text.add(verb + "$" + asked.parameter);
        }
        if (asked.others) {
            text.add(verb + "another");
        }
    }

    private static Set<RelationName> union(Set<RelationName> some, Set<RelationName> others) {
        if (some.isEmpty() || others.isEmpty()) {
            return some.isEmpty() ? others : some;
        }
        Set<RelationName> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return all;
    }
}
