package dev.trunkline.copy;

import dev.trunkline.error.ProxyError;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The first line of a COPY whose header has to name the columns, as {@code HEADER MATCH} has it. */
public final class CopyHeader {

    private CopyHeader() {}

    /**
     * Compares the row that was just found with the columns.
     *
     * @throws dev.trunkline.error.ProxyException
     *             22P04 with PostgreSQL's words
     */
    public static void match(CopyFormat format, List<String> columns, byte[] bytes, CopyScanner row) {
        if (row.fields() != columns.size()) {
            throw ProxyError.BAD_COPY_DATA.with("wrong number of fields in header line: got " + row.fields()
                    + ", expected " + columns.size());
        }
        FieldText text = new FieldText(format);
        for (int i = 0; i < columns.size(); i++) {
            text.read(bytes, row.fieldStart(i), row.fieldEnd(i), false, false);
            String name = text.length() < 0
                    ? null
                    : new String(text.bytes(), text.offset(), text.length(), StandardCharsets.UTF_8);
            if (!columns.get(i).equals(name)) {
                throw ProxyError.BAD_COPY_DATA.with("column name mismatch in header line field " + (i + 1) + ": got "
                        + (name == null ? "null value (\"" + format.nullText() + "\")" : "\"" + name + "\"")
                        + ", expected \"" + columns.get(i) + "\"");
            }
        }
    }
}
