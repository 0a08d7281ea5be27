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
    /** Parameters that are stored in a column of a domain, which is what PostgreSQL calls their type. */
    private final Set<Integer> inDomains = new HashSet<>();
    private int highest;

    /** A use that gives the parameter this type. */
    void use(int number, int typeOid) {
        types.computeIfAbsent(number, n -> new HashSet<>()).add(typeOid);
        highest = Math.max(highest, number);
    }

    /** A use that takes the parameter as it is, such as IS NULL: some other must have given it a type before. */
    void mention(int number) {
        highest = Math.max(highest, number);
    }

    /** A use that stores the parameter in a column of a domain. */
    void inDomain(int number) {
        inDomains.add(number);
    }

    /** The highest number. */
    int count() {
        return highest;
    }

    /** The type that PostgreSQL is sure to give each parameter, {@link PgOid#UNSPECIFIED} where that isn't known. */
    int[] inferred() {
        int[] inferred = new int[highest];
        types.forEach((number, uses) -> {
            int only = uses.size() == 1 && !inDomains.contains(number) ? uses.iterator().next() : UNSURE;
            inferred[number - 1] = only == UNSURE ? PgOid.UNSPECIFIED : only;
        });
        return inferred;
    }

    /** Whether PostgreSQL is sure to read the parameter as this type when the client declares none: varchar is read as text is. */
    boolean sure(int number, int typeOid) {
        Set<Integer> uses = types.getOrDefault(number, Set.of());
        return !uses.isEmpty() && uses.stream().allMatch(use -> asText(use) == asText(typeOid));
    }

    private static int asText(int typeOid) {
        return switch (typeOid) {
            case PgOid.VARCHAR -> PgOid.TEXT;
            case PgOid.VARCHAR_ARRAY -> PgOid.TEXT_ARRAY;
            default -> typeOid;
        };
    }
}
