package dev.trunkline.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.channels.FileChannel;
import java.security.SecureRandom;
import java.util.zip.CRC32C;

/**
 * The number by which PostgreSQL tells clusters apart. {@code initdb} draws it, so that copies of one cluster share it: a
 * copy gets its own, as {@code pg_createsubscriber} gives one.
 *
 * <pre>
 * global/pg_control       int64 system identifier | ... | crc32c of all before it   (ControlFileData, native byte order)
 * first page of a segment int16 magic ... (24 bytes) | int64 system identifier | ...  (XLogLongPageHeaderData)
 * </pre>
 */
final class SystemIdentifier {

    /** The checksum is the last field; where it lies depends on the version. */
    private static final int CRC_FROM = 200;
    private static final int CRC_TO = 512;
    private static final int WAL_OFFSET = 24;

    private SystemIdentifier() {}

    /** Gives a cluster that was shut down in order, and never copied since, a number of its own. */
    static void renew(Path dataDirectory) throws IOException {
        Path control = dataDirectory.resolve("global").resolve("pg_control");
        byte[] bytes = Files.readAllBytes(control);
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int crc = checksumOffset(fields);
        long old = fields.getLong(0);
        long renewed = new SecureRandom().nextLong(1, Long.MAX_VALUE);
        fields.putLong(0, renewed);
        fields.putInt(crc, checksum(bytes, crc));
        try (DirectoryStream<Path> segments = Files.newDirectoryStream(dataDirectory.resolve("pg_wal"),
                "[0-9A-F]*[0-9A-F]")) {
            for (Path segment : segments) {
                renew(segment, old, renewed);
            }
        }
        Files.write(control, bytes, StandardOpenOption.WRITE);
    }

    private static void renew(Path segment, long old, long renewed) throws IOException {
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer field = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
            if (channel.read(field, WAL_OFFSET) == 8 && field.getLong(0) == old) {
                channel.write(field.putLong(0, renewed).rewind(), WAL_OFFSET);
            }
        }
    }

    private static int checksumOffset(ByteBuffer fields) throws IOException {
        for (int offset = CRC_FROM; offset < Math.min(CRC_TO, fields.capacity() - 3); offset += 4) {
            if (fields.getInt(offset) == checksum(fields.array(), offset)) {
                return offset;
            }
        }
        throw new IOException("pg_control has no checksum where PostgreSQL 15 to 18 have it");
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
