package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Merge;
import dev.trunkline.value.PgOid;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.function.IntToLongFunction;

/** The parameters of a Bind that are numbers of rows: LIMIT and OFFSET of a merge. */
final class RowCounts implements IntToLongFunction {

    private static final long NONE = -1;

    private final ByteBuf values;
    private final int[] types;
    private final Merge.Limit limit;

    private RowCounts(ByteBuf values, int[] types, Merge.Limit limit) {
        this.values = values;
        this.types = types;
        this.limit = limit;
    }

    /**
     * The counts of a merge, checked as PostgreSQL checks them: OFFSET first.
     *
     * @param values what follows the names in the client's Bind; null without parameters
     * @param types the parameters' types as declared, 0 or a shorter array where they are left open
     */
    static RowCounts of(Merge merge, ByteBuf values, int[] types) {
        Merge.Limit limit = limitOf(merge);
        RowCounts counts = new RowCounts(values, types, limit);
        if (limit != null && limit.offset() instanceof Merge.RowCount.Parameter offset
                && counts.read(offset.number(), 0) < 0) {
            throw ProxyError.NEGATIVE_OFFSET.with();
        }
        if (limit != null && limit.count() instanceof Merge.RowCount.Parameter count
                && counts.read(count.number(), 0) < 0) {
            throw ProxyError.NEGATIVE_LIMIT.with();
        }
        return counts;
    }

    private static Merge.Limit limitOf(Merge merge) {
        Merge inside = merge instanceof Merge.Project project ? project.source() : merge;
        return inside instanceof Merge.Limit limit ? limit : null;
    }

    @Override
    public long applyAsLong(int number) {
        return read(number, NONE);
    }

    private long read(int number, long ifNull) {
        int at = values.readerIndex();
        int formats = values.getUnsignedShort(at);
        int format = formats == 0 ? 0 : values.getUnsignedShort(at + 2 + (formats == 1 ? 0 : 2 * (number - 1)));
        at += 2 + 2 * formats;
        int count = values.getUnsignedShort(at);
        at += 2;
        if (number > count) {
            // The node knows how to say it.
            return ifNull;
        }
        for (int i = 1; i < number; i++) {
            at += 4 + Math.max(0, values.getInt(at));
        }
        int length = values.getInt(at);
        if (length < 0) {
            return ifNull;
        }
        int type = number <= types.length && !PgOid.isUnspecified(types[number - 1])
                ? types[number - 1]
                : openType(number);
        if (format == 1) {
            return binary(at + 4, length, type, number);
        }
        String text = values.toString(at + 4, length, StandardCharsets.UTF_8).strip();
        if (!text.matches("[+-]?[0-9]{1,18}") || size(type, number) == 0) {
            throw notRead(number);
        }
        return Long.parseLong(text);
    }

    private int openType(int number) {
        return limit.count() instanceof Merge.RowCount.Parameter count && count.number() == number
                ? count.type()
                : ((Merge.RowCount.Parameter) limit.offset()).type();
    }

    private long binary(int at, int length, int type, int number) {
        if (length != size(type, number)) {
            throw notRead(number);
        }
        return switch (length) {
            case 2 -> values.getShort(at);
            case 4 -> values.getInt(at);
            default -> values.getLong(at);
        };
    }

    private static int size(int type, int number) {
        return switch (type) {
            case PgOid.INT2 -> 2;
            case PgOid.INT4 -> 4;
            case PgOid.INT8 -> 8;
            default -> throw notRead(number);
        };
    }

    private static RuntimeException notRead(int number) {
        return ProxyError.NOT_OVER_NODES.with(
                "LIMIT or OFFSET by parameter $" + number + ", which is no plain integer,",
                "Give the parameter as an integer.");
    }
}
