package dev.trunkline.copy;

import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.Placement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.value.KeyConversion;
import dev.trunkline.value.KeyResult;
import dev.trunkline.value.PgHash;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.WireFormat;
import java.util.List;

/** Reads the shard key of a table's rows out of a COPY: the virtual shard of what the node will store (semantics.md 1). */
public final class CopyKeys {

    private final String table;
    private final List<KeyColumn> key;
    private final Placement placement;
    private final int[] positions;
    private final boolean[] forceNull;
    private final boolean[] forceNotNull;
    private final FieldText text;
    private int reading = -1;

    /**
     * @param table
     *            its name, for errors
     * @param columns
     *            the columns of the COPY, in order
     * @throws dev.trunkline.error.ProxyException
     *             TL003 if a column of the key is not among them
     */
    public CopyKeys(String table, Distribution.Sharded sharded, List<String> columns, CopyFormat format) {
        this.table = table;
        this.key = sharded.key();
        this.placement = sharded.placement();
        this.positions = new int[key.size()];
        this.forceNull = new boolean[key.size()];
        this.forceNotNull = new boolean[key.size()];
        this.text = new FieldText(format);
        for (int i = 0; i < positions.length; i++) {
            String name = key.get(i).name();
            positions[i] = columns.indexOf(name);
            forceNull[i] = format.forceNull().contains(name);
            forceNotNull[i] = format.forceNotNull().contains(name);
            if (positions[i] < 0) {
                throw ProxyError.SHARD_KEY_NOT_KNOWN.with(table + "." + name + " is not among the columns",
                        "Give the shard key in each row.");
            }
        }
    }

    /**
     * The virtual shard of the row's key.
     *
     * @throws dev.trunkline.error.ProxyException
     *             TL003 if it is NULL, can't be converted exactly or has no place; {@link #reading} says in which column
     */
    public int virtualShard(byte[] bytes, CopyScanner row, int virtualShards) {
        long hash = 0;
        long ordinal = 0;
        for (int i = 0; i < positions.length; i++) {
            reading = positions[i];
            text.read(bytes, row.fieldStart(reading), row.fieldEnd(reading), forceNull[i], forceNotNull[i]);
            KeyResult.Hashed column = switch (KeyConversion.assigned(key.get(i).type(), PgOid.UNSPECIFIED, -1,
                    WireFormat.TEXT, text.bytes(), text.offset(), text.length())) {
                case KeyResult.Hashed hashed -> hashed;
                case KeyResult.NoRow none -> throw unreadable(i, none.why());
                case KeyResult.NotAKey none -> throw unreadable(i, none.why());
            };
            hash = PgHash.combine(hash, column.hash());
            ordinal = column.ordinal();
        }
        int shard = placement.virtualShard(hash, ordinal, virtualShards);
        if (shard < 0) {
            throw unreadable(positions.length - 1, "no range or list of the configuration holds it");
        }
        reading = -1;
        return shard;
    }

    private RuntimeException unreadable(int i, String why) {
        return ProxyError.SHARD_KEY_NOT_KNOWN.with(
                table + "." + key.get(i).name() + " can't be read from the value: " + why,
                "Write the key in a spelling that depends on no setting.");
    }

    /** The position of the column whose value was not understood, -1 if none. */
    public int reading() {
        return reading;
    }
}
