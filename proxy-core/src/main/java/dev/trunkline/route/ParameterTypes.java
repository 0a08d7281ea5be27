package dev.trunkline.route;

import dev.trunkline.value.PgOid;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The types that a statement's contexts give its parameters. PostgreSQL takes the first that it meets in an order of its own,
 * so a parameter's type is sure only where all its uses agree.
 */
final class ParameterTypes {

    /** A use whose type is not worked out. */
    static final int UNSURE = -1;

    private final Map<Integer, Set<Integer>> types = new HashMap<>();
    private int highest;

    void use(int number, int typeOid) {
        types.computeIfAbsent(number, n -> new HashSet<>()).add(typeOid == PgOid.VARCHAR ? PgOid.TEXT : typeOid);
        highest = Math.max(highest, number);
    }

    /** The highest number. */
    int count() {
        return highest;
    }

    /** Whether PostgreSQL is sure to give the parameter this type when the client declares none. */
    boolean sure(int number, int typeOid) {
        return types.getOrDefault(number, Set.of())
                .equals(Set.of(typeOid == PgOid.VARCHAR ? PgOid.TEXT : typeOid));
    }
}
