package dev.trunkline.session;

import java.util.Set;

/**
 * PostgreSQL's functions of large objects, by the OIDs that clients call them by in FunctionCall: the same in every version.
 * They leave nothing on a connection beyond the transaction, whatever else may be called in that way.
 */
final class LargeObjects {

    static final Set<Integer> FUNCTIONS = Set.of(715, 764, 765, 767, 952, 953, 954, 955, 956, 957, 958, 964, 1004, 3170,
            3171, 3172, 3457, 3458, 3459, 3460);

    private LargeObjects() {}
}
