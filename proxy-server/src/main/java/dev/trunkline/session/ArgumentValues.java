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
    private static final Set<Integer> BINARY = Set.of(PgOid.FLOAT4, PgOid.FLOAT4_ARRAY, PgOid.FLOAT8,
            PgOid.FLOAT8_ARRAY, PgOid.MONEY, PgOid.MONEY_ARRAY, PgOid.DATE, PgOid.DATE_ARRAY, PgOid.TIMESTAMP,
            PgOid.TIMESTAMP_ARRAY, PgOid.TIMESTAMPTZ, PgOid.TIMESTAMPTZ_ARRAY, PgOid.INTERVAL, PgOid.INTERVAL_ARRAY,
            PgOid.TIMETZ, PgOid.TIMETZ_ARRAY, PgOid.POINT, PgOid.POINT_ARRAY, PgOid.LSEG, PgOid.LSEG_ARRAY, PgOid.PATH,
            PgOid.PATH_ARRAY, PgOid.BOX, PgOid.BOX_ARRAY, PgOid.POLYGON, PgOid.POLYGON_ARRAY, PgOid.LINE,
            PgOid.LINE_ARRAY, PgOid.CIRCLE, PgOid.CIRCLE_ARRAY, PgOid.TSRANGE, PgOid.TSRANGE_ARRAY, PgOid.TSTZRANGE,
            PgOid.TSTZRANGE_ARRAY, PgOid.DATERANGE, PgOid.DATERANGE_ARRAY, PgOid.TSMULTIRANGE,
            PgOid.TSMULTIRANGE_ARRAY, PgOid.TSTZMULTIRANGE, PgOid.TSTZMULTIRANGE_ARRAY, PgOid.DATEMULTIRANGE,
            PgOid.DATEMULTIRANGE_ARRAY);

    /** Whether values of a type are asked for, and bound, in binary. */
    static boolean isBinary(int type) {
        return BINARY.contains(type);
    }
}
