package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/** Drives a merge as a session would: runs of the inputs arrive in a random order, the client takes a few rows at a time. */
final class MergeRun {

    private MergeRun() {}

    static List<List<byte[]>> run(RowMerge merge, RowDescription columns, List<List<ByteBuf>> inputs,
            SplittableRandom random) {
        List<List<byte[]>> rows = new ArrayList<>();
        int[] next = new int[inputs.size()];
        boolean[] complete = new boolean[inputs.size()];
        try {
            for (int i = 0; i < inputs.size(); i++) {
                merge.describe(i, columns);
            }
            while (!merge.finished()) {
                int input = random.nextInt(inputs.size());
                if (next[input] < inputs.get(input).size()) {
                    merge.rows(input, inputs.get(input).get(next[input]++));
                } else if (!complete[input]) {
                    complete[input] = true;
                    merge.complete(input);
                }
                int most = random.nextBoolean() ? RowMerge.ALL : random.nextInt(1, 4);
                for (ByteBuf run = merge.take(PooledByteBufAllocator.DEFAULT, most); run != null; run = merge
                        .take(PooledByteBufAllocator.DEFAULT, most)) {
                    int before = rows.size();
                    read(run, rows);
                    if (rows.size() - before != merge.takenRows() || merge.takenRows() > most) {
                        throw new AssertionError("took " + (rows.size() - before) + ", said " + merge.takenRows());
                    }
                }
            }
            if (rows.size() != merge.rows()) {
                throw new AssertionError(rows.size() + " rows, said " + merge.rows());
            }
            return rows;
        } finally {
            merge.release();
            for (int i = 0; i < inputs.size(); i++) {
                while (next[i] < inputs.get(i).size()) {
                    inputs.get(i).get(next[i]++).release();
                }
            }
        }
    }

    /** Writes a DataRow message; a null is NULL. */
    static void write(ByteBuf run, List<byte[]> row) {
        int start = run.writerIndex();
        run.writeByte(MessageTypes.DATA_ROW).writeInt(0).writeShort(row.size());
        for (byte[] value : row) {
            run.writeInt(value == null ? -1 : value.length);
            if (value != null) {
                run.writeBytes(value);
            }
        }
        run.setInt(start + 1, run.writerIndex() - start - 1);
    }

    private static void read(ByteBuf run, List<List<byte[]>> rows) {
        Row view = new Row();
        while (run.isReadable()) {
            int size = InputRuns.frameSize(run, run.readerIndex());
            view.point(run, run.readerIndex() + InputRuns.HEADER, run.readerIndex() + size);
            List<byte[]> row = new ArrayList<>();
            for (int i = 0; i < view.columns(); i++) {
                row.add(view.bytes(i));
            }
            rows.add(row);
            run.skipBytes(size);
        }
        run.release();
    }

    /** Rows as text that a failed assertion can show. */
    static List<String> shown(List<List<byte[]>> rows) {
        return rows.stream().map(row -> String.join("|", row.stream().map(MergeRun::shown).toList())).toList();
    }

    static String shown(byte[] value) {
        if (value == null) {
            return "NULL";
        }
        for (byte b : value) {
            if (b < 32) {
                return "x" + HexFormat.of().formatHex(value);
            }
        }
        return new String(value, StandardCharsets.UTF_8);
    }
}
