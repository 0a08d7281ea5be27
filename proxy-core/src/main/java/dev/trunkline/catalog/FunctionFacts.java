package dev.trunkline.catalog;

import java.util.EnumSet;
import java.util.Set;

/**
 * What is known of all functions of one name together: an overload is not resolved, so the worst of them counts.
 * {@code refused} is null, or says why a call can't be answered over several nodes: {@code reads the sharded table orders}
 * (semantics.md 7).
 */
public record FunctionFacts(String name, Set<Kind> kinds, Volatility worst, boolean builtIn, boolean setReturning,
        String refused) {

    public enum Kind {
        FUNCTION,
        AGGREGATE,
        WINDOW,
        PROCEDURE
    }

    /** From the best to the worst. */
    public enum Volatility {
        IMMUTABLE,
        STABLE,
        VOLATILE
    }

    public FunctionFacts {
        kinds = Set.copyOf(kinds);
    }

    public FunctionFacts(String name, Kind kind, Volatility worst, boolean builtIn, boolean setReturning) {
        this(name, Set.of(kind), worst, builtIn, setReturning, null);
    }

    /** Whether any overload is an aggregate. */
    public boolean isAggregate() {
        return kinds.contains(Kind.AGGREGATE);
    }

    /** The facts of both together; both have the same name. */
    FunctionFacts and(FunctionFacts other) {
        EnumSet<Kind> all = EnumSet.copyOf(kinds);
        all.addAll(other.kinds);
        return new FunctionFacts(name, all, worst.compareTo(other.worst) >= 0 ? worst : other.worst,
                builtIn && other.builtIn, setReturning || other.setReturning,
                refused != null ? refused : other.refused);
    }
}
