package dev.trunkline.parity;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** A parameter in PostgreSQL's binary format. */
final class BinaryValue {

    private BinaryValue() {}

    /** Null for a type that is sent as text here, and for a spelling that only the server understands. */
    static byte[] of(int oid, String value) {
        try {
            return switch (oid) {
                case 16 -> new byte[]{(byte) (value.startsWith("t") ? 1 : 0)};
                case 20 -> ByteBuffer.allocate(8).putLong(Long.parseLong(value)).array();
                case 21 -> ByteBuffer.allocate(2).putShort(Short.parseShort(value)).array();
                case 23 -> ByteBuffer.allocate(4).putInt(Integer.parseInt(value)).array();
                case 701 -> ByteBuffer.allocate(8).putDouble(Double.parseDouble(value)).array();
                case 25, 1042, 1043 -> value.getBytes(StandardCharsets.UTF_8);
                case 2950 -> uuid(UUID.fromString(value));
                case 1007 -> array(23, value);
                case 1016 -> array(20, value);
                case 1009 -> array(25, value);
                default -> null;
            };
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] uuid(UUID value) {
        return ByteBuffer.allocate(16).putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits())
                .array();
    }

    /** One dimension, elements without quotes: {@code {1,NULL,3}}. */
    private static byte[] array(int elementOid, String value) {
        String inside = value.substring(1, value.length() - 1);
        String[] elements = inside.isEmpty() ? new String[0] : inside.split(",");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean nulls = inside.contains("NULL");
        out.writeBytes(ByteBuffer.allocate(12).putInt(elements.length == 0 ? 0 : 1).putInt(nulls ? 1 : 0)
                .putInt(elementOid).array());
        if (elements.length > 0) {
            out.writeBytes(ByteBuffer.allocate(8).putInt(elements.length).putInt(1).array());
        }
        for (String element : elements) {
            byte[] bytes = element.equals("NULL") ? null : of(elementOid, element);
            out.writeBytes(ByteBuffer.allocate(4).putInt(bytes == null ? -1 : bytes.length).array());
            if (bytes != null) {
                out.writeBytes(bytes);
            }
        }
        return out.toByteArray();
    }
}
