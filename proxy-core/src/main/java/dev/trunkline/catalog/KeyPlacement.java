package dev.trunkline.catalog;

import dev.trunkline.config.PlacementConfig;
import dev.trunkline.config.Problem.Severity;
import dev.trunkline.error.ProxyException;
import dev.trunkline.sql.HintText;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.KeyConversion;
import dev.trunkline.value.KeyResult;
import dev.trunkline.value.KeyType;
import dev.trunkline.value.PgHash;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the keys that the file places by range, by list or by a pin, now that their types are known: each must be a value of
 * the key's type, ranges must neither overlap nor leave a gap, and no key may have two places.
 */
final class KeyPlacement {

    private final RelationName table;
    private final List<KeyColumn> key;
    /** Null where what is wrong has been reported at the table that the others are colocated with. */
    private final Findings findings;
    private boolean broken;

    KeyPlacement(RelationName table, List<KeyColumn> key, Findings findings) {
        this.table = table;
        this.key = key;
        this.findings = findings;
    }

    /** Null when something is wrong with it. */
    Placement read(PlacementConfig placement) {
        Placement read = switch (placement) {
            case PlacementConfig.Hash hash -> new Placement.Hash(pins(hash));
            case PlacementConfig.Ranges ranges -> ranges(ranges.ranges());
            case PlacementConfig.Lists lists -> lists(lists);
        };
        return broken ? null : read;
    }

    private void error(String below, String text) {
        broken = true;
        if (findings != null) {
            findings.table(Severity.ERROR, table, below, text);
        }
    }

    /** A key as it is written; null after saying why it is none. */
    private KeyResult.Hashed value(String under, String at, String text) {
        List<String> texts;
        try {
            texts = key.size() == 1 ? List.of(text) : HintText.key(text);
        } catch (ProxyException e) {
            texts = List.of();
        }
        if (texts == null || texts.size() != key.size()) {
            error(under, "\"" + text + "\" is no key of " + key.size() + " columns: write it as (42, 'eu')", at);
            return null;
        }
        KeyResult.Hashed all = null;
        for (int i = 0; i < key.size(); i++) {
            byte[] bytes = texts.get(i).getBytes(StandardCharsets.UTF_8);
            ColumnType type = key.get(i).type();
            KeyResult result = KeyConversion.assigned(type, PgOid.UNSPECIFIED, ColumnType.NO_MODIFIER, WireFormat.TEXT,
                    bytes, 0, bytes.length);
            if (!(result instanceof KeyResult.Hashed hashed)) {
                error(under, "\"" + text + "\" is no value of " + key.get(i).name() + ", of type "
                        + type.type().sqlName(), at);
                return null;
            }
            all = all == null ? hashed : new KeyResult.Hashed(PgHash.combine(all.hash(), hashed.hash()));
        }
        return all;
    }

    private void error(String under, String text, String at) {
        error(under + "." + at, text);
    }

    private Map<Long, Integer> pins(PlacementConfig.Hash hash) {
        Map<Long, Integer> pins = new HashMap<>();
        hash.pins().forEach((text, shard) -> {
            KeyResult.Hashed value = value("pins", text, text);
            if (value != null && pins.put(value.hash(), shard) != null) {
                error("pins", "the key " + text + " is pinned twice", text);
            }
        });
        return pins;
    }

    private Placement lists(PlacementConfig.Lists lists) {
        Map<Long, Integer> keys = new HashMap<>();
        Map<Long, String> texts = new HashMap<>();
        for (PlacementConfig.Listed listed : lists.keys()) {
            KeyResult.Hashed value = value("lists", listed.node(), listed.key());
            if (value != null) {
                keys.put(value.hash(), listed.virtualShard());
                String earlier = texts.put(value.hash(), listed.key());
                if (earlier != null) {
                    error("lists", "\"" + listed.key() + "\" is listed twice, first as \"" + earlier + "\"",
                            listed.node());
                }
            }
        }
        return new Placement.Listed(keys, lists.otherwise());
    }

    private Placement ranges(List<PlacementConfig.Range> written) {
        KeyType type = key.getFirst().type().type();
        boolean ordered = switch (type) {
            case INT2, INT4, INT8, DATE, TIMESTAMP, TIMESTAMPTZ -> true;
            case NUMERIC, TEXT, VARCHAR, BPCHAR, UUID, BYTEA, BOOL -> false;
        };
        if (!ordered) {
            error("placement", "range needs a key of an integer type, date, timestamp or timestamptz, not "
                    + type.sqlName() + ": use list or hash");
            return null;
        }
        record Read(PlacementConfig.Range written, Placement.Range range) {}
        List<Read> read = new ArrayList<>();
        for (PlacementConfig.Range range : written) {
            KeyResult.Hashed from = range.from() == null ? null : value("ranges", range.node(), range.from());
            KeyResult.Hashed to = range.to() == null ? null : value("ranges", range.node(), range.to());
            long first = from == null ? Long.MIN_VALUE : from.ordinal();
            long last = to == null ? Long.MAX_VALUE : to.ordinal() - 1;
            if (!broken && (first > last || to != null && to.ordinal() == Long.MIN_VALUE)) {
                error("ranges", "the range " + range + " is empty: its end is not included", range.node());
            }
            read.add(new Read(range, new Placement.Range(first, last, range.virtualShard())));
        }
        if (broken) {
            return null;
        }
        read.sort(Comparator.comparingLong(r -> r.range().first()));
        for (int i = 1; i < read.size(); i++) {
            Read before = read.get(i - 1);
            Read next = read.get(i);
            String names = "the ranges " + before.written() + " of node " + before.written().node() + " and "
                    + next.written() + " of node " + next.written().node();
            if (before.range().last() >= next.range().first()) {
                error("ranges", names + " overlap", next.written().node());
            } else if (before.range().last() + 1 < next.range().first()) {
                error("ranges", names + " leave a gap: keys from " + before.written().to() + " up to "
                        + next.written().from() + " have no node", next.written().node());
            }
        }
        if (!read.isEmpty() && findings != null) {
            openEnd(read.getFirst().written().from(), "below", read.getFirst().written());
            openEnd(read.getLast().written().to(), "from", read.getLast().written());
        }
        return new Placement.Ranges(read.stream().map(Read::range).toList());
    }

    private void openEnd(String end, String side, PlacementConfig.Range range) {
        if (end != null) {
            findings.table(Severity.WARNING, table, "ranges." + range.node(), "keys " + side + " " + end
                    + " have no node: an INSERT of one is refused");
        }
    }
}
