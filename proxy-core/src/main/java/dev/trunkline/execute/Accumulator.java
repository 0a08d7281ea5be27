package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.value.PgNumeric;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.UnreadableValue;
import dev.trunkline.value.WireFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/**
 * One aggregate over partial results: each node's own value goes in, the value over all of them comes out. NULL is a node
 * that had nothing to aggregate.
 */
sealed interface Accumulator {

    void add(Row row);

    /** Writes the value as in a DataRow: its length and bytes, or -1. */
    void write(ByteBuf out);

    /** About how many bytes of heap it holds beyond itself. */
    default int bytes() {
        return 32;
    }

    /** count, which starts at 0, and sums whose type is int8. */
    final class IntegerSum implements Accumulator {

        private final int column;
        private final WireFormat format;
        private boolean isNull;
        private long sum;

        IntegerSum(int column, WireFormat format, boolean startsAtZero) {
            this.column = column;
            this.format = format;
            this.isNull = !startsAtZero;
        }

        @Override
        public void add(Row row) {
            int length = row.length(column);
            if (length < 0) {
                return;
            }
            long value = format == WireFormat.BINARY
                    ? int8(row, column, length)
                    : ValueOrder.NumberText.integer(row.buffer(), row.offset(column), length);
            isNull = false;
            try {
                sum = Math.addExact(sum, value);
            } catch (ArithmeticException e) {
                throw ProxyError.OUT_OF_RANGE.with("bigint out of range");
            }
        }

        @Override
        public void write(ByteBuf out) {
            if (isNull) {
                out.writeInt(-1);
            } else if (format == WireFormat.BINARY) {
                out.writeInt(8);
                out.writeLong(sum);
            } else {
                writeText(out, Long.toString(sum));
            }
        }
    }

    /** Sums whose type is numeric: exact, with the greatest display scale, NaN and infinities as the server adds them. */
    final class NumericSum implements Accumulator {

        private final int column;
        private final WireFormat format;
        private BigDecimal sum;
        private boolean nan;
        private boolean infinity;
        private boolean negativeInfinity;

        NumericSum(int column, WireFormat format) {
            this.column = column;
            this.format = format;
        }

        @Override
        public void add(Row row) {
            byte[] bytes = row.bytes(column);
            if (bytes == null) {
                return;
            }
            PgNumeric value;
            try {
                value = format == WireFormat.BINARY
                        ? PgNumeric.readBinary(bytes, 0, bytes.length)
                        : PgNumeric.readText(bytes, 0, bytes.length);
            } catch (UnreadableValue e) {
                throw InputRuns.notRows();
            }
            add(value);
        }

        void add(PgNumeric value) {
            if (value.isFinite()) {
                sum = sum == null ? value.value() : sum.add(value.value());
            } else {
                nan |= value.isNaN();
                infinity |= value.equals(PgNumeric.INFINITY);
                negativeInfinity |= value.equals(PgNumeric.NEGATIVE_INFINITY);
            }
        }

        /** Null when there was no value. */
        PgNumeric sum() {
            if (nan || infinity && negativeInfinity) {
                return PgNumeric.NAN;
            }
            if (infinity || negativeInfinity) {
                return infinity ? PgNumeric.INFINITY : PgNumeric.NEGATIVE_INFINITY;
            }
            if (sum == null) {
                return null;
            }
            if (!PgNumeric.holds(sum)) {
                throw ProxyError.OUT_OF_RANGE.with("value overflows numeric format");
            }
            return PgNumeric.of(sum);
        }

        @Override
        public void write(ByteBuf out) {
            writeNumeric(out, sum(), format);
        }

        @Override
        public int bytes() {
            return 64 + (sum == null ? 0 : sum.unscaledValue().bitLength() / 8);
        }
    }

    /**
     * min and max: the bytes of the column that the client sees, of the row whose compared column is the least or the
     * greatest. Where values are equal but look different (1.0 and 1.00) the first one stays; PostgreSQL leaves that open too.
     */
    final class Extreme implements Accumulator {

        private final int column;
        private final int comparedColumn;
        private final ValueOrder order;
        private final int direction;
        private byte[] shown;
        private ByteBuf compared;

        Extreme(int column, int comparedColumn, ValueOrder order, boolean greatest) {
            this.column = column;
            this.comparedColumn = comparedColumn;
            this.order = order;
            this.direction = greatest ? 1 : -1;
        }

        @Override
        public void add(Row row) {
            int length = row.length(comparedColumn);
            if (length < 0) {
                return;
            }
            int at = row.offset(comparedColumn);
            if (shown == null || direction
                    * order.compare(row.buffer(), at, length, compared, 0, compared.readableBytes()) > 0) {
                shown = row.bytes(column);
                compared = comparedColumn == column
                        ? Unpooled.wrappedBuffer(shown)
                        : Unpooled.wrappedBuffer(row.bytes(comparedColumn));
            }
        }

        @Override
        public void write(ByteBuf out) {
            if (shown == null) {
                out.writeInt(-1);
            } else {
                out.writeInt(shown.length);
                out.writeBytes(shown);
            }
        }

        @Override
        public int bytes() {
            return shown == null ? 32 : 128 + shown.length + compared.readableBytes();
        }
    }

    /** avg, out of sums and counts in binary: divided as {@code numeric_div} does, once, at the end. */
    final class Average implements Accumulator {

        private final WireFormat format;
        private final int sumType;
        private final int sumColumn;
        private final NumericSum sum;
        private final IntegerSum count;

        Average(WireFormat format, int sumColumn, int sumType) {
            this.format = format;
            this.sumType = sumType;
            this.sumColumn = sumColumn;
            this.sum = new NumericSum(sumColumn, WireFormat.BINARY);
            this.count = new IntegerSum(sumColumn + 1, WireFormat.BINARY, true);
        }

        @Override
        public void add(Row row) {
            count.add(row);
            if (sumType == PgOid.NUMERIC) {
                sum.add(row);
            } else if (!row.isNull(sumColumn)) {
                sum.add(PgNumeric.of(int8(row, sumColumn, row.length(sumColumn))));
            }
        }

        @Override
        public void write(ByteBuf out) {
            writeNumeric(out, count.sum == 0 ? null : sum.sum().dividedBy(count.sum), format);
        }

        @Override
        public int bytes() {
            return 96 + sum.bytes();
        }
    }

    /** bool_and and bool_or. */
    final class Condition implements Accumulator {

        private final int column;
        private final WireFormat format;
        private final boolean all;
        private boolean isNull = true;
        private boolean value;

        Condition(int column, WireFormat format, boolean all) {
            this.column = column;
            this.format = format;
            this.all = all;
        }

        @Override
        public void add(Row row) {
            int length = row.length(column);
            if (length < 0) {
                return;
            }
            if (length != 1) {
                throw InputRuns.notRows();
            }
            byte b = row.buffer().getByte(row.offset(column));
            boolean partial = format == WireFormat.BINARY ? b != 0 : b == 't';
            value = isNull ? partial : all ? value & partial : value | partial;
            isNull = false;
        }

        @Override
        public void write(ByteBuf out) {
            out.writeInt(isNull ? -1 : 1);
            if (!isNull) {
                out.writeByte(format == WireFormat.BINARY ? value ? 1 : 0 : value ? 't' : 'f');
            }
        }
    }

    /** The bytes of a column in the first row. */
    final class First implements Accumulator {

        private final int column;
        private boolean set;
        private byte[] value;

        First(int column) {
            this.column = column;
        }

        @Override
        public void add(Row row) {
            if (!set) {
                value = row.bytes(column);
                set = true;
            }
        }

        @Override
        public void write(ByteBuf out) {
            out.writeInt(value == null ? -1 : value.length);
            if (value != null) {
                out.writeBytes(value);
            }
        }

        @Override
        public int bytes() {
            return 32 + (value == null ? 0 : 16 + value.length);
        }
    }

    static long bytes(Accumulator[] accumulators) {
        long bytes = 0;
        for (Accumulator accumulator : accumulators) {
            bytes += accumulator.bytes();
        }
        return bytes;
    }

    static long int8(Row row, int column, int length) {
        if (length != 8) {
            throw InputRuns.notRows();
        }
        return row.buffer().getLong(row.offset(column));
    }

    static void writeNumeric(ByteBuf out, PgNumeric value, WireFormat format) {
        if (value == null) {
            out.writeInt(-1);
        } else if (format == WireFormat.BINARY) {
            byte[] binary = value.toBinary();
            out.writeInt(binary.length);
            out.writeBytes(binary);
        } else {
            writeText(out, value.toText());
        }
    }

    private static void writeText(ByteBuf out, String text) {
        out.writeInt(text.length());
        out.writeCharSequence(text, StandardCharsets.US_ASCII);
    }
}
