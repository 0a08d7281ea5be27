package dev.trunkline.session;

import dev.trunkline.route.ExecuteArguments.Argument;
import dev.trunkline.value.PgOid;
import java.util.List;
import java.util.Set;

/**
 * The arguments of an EXECUTE as a node has evaluated them: they hold for as long as its message waits, since PostgreSQL evaluates
 * them once.
 *
 * @param types the parameters' types when that was done
 */
record ArgumentValues(int[] types, List<Argument> values) {

    /** What a text says depends on settings (DateStyle, extra_float_digits), or says less than the value. */
    private static final Set<Integer> BINARY = Set.of(PgOid.FLOAT4, PgOid.FLOAT8, PgOid.MONEY, PgOid.DATE,
            PgOid.TIMESTAMP, PgOid.TIMESTAMPTZ, PgOid.INTERVAL, PgOid.TIMETZ, PgOid.FLOAT4_ARRAY, PgOid.FLOAT8_ARRAY,
            791, PgOid.DATE_ARRAY, PgOid.TIMESTAMP_ARRAY, PgOid.TIMESTAMPTZ_ARRAY, 1187, 1270,
            // point, lseg, path, box, polygon, line, circle, and arrays of them
            600, 601, 602, 603, 604, 628, 718, 1017, 1018, 1019, 1020, 1027, 629, 719,
            // ranges and multiranges of timestamp, timestamptz and date, and arrays of them
            3908, 3910, 3912, 3909, 3911, 3913, 4533, 4534, 4535, 6152, 6153, 6155);

    /** Whether values of a type are asked for, and bound, in binary. */
    static boolean isBinary(int type) {
        return BINARY.contains(type);
    }
}
