package dev.trunkline.route;

import dev.trunkline.sql.Fingerprint;
import dev.trunkline.value.ArrayElements;
import dev.trunkline.value.KeyResult;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each node of a multi-key statement gets of its list of keys: values of parameters, and pieces of the text in place of
 * literals. A key of another node matches no row of this one, so leaving it out changes nothing but the work; where a list
 * can't be cut with certainty, the node gets it whole.
 */
public final class ListParts {

    /** Stands for a parameter that is NULL on a node. */
    private static final byte[] NULL = {};

    /** The literals from one slot to another, signs included, become other bytes. */
    private record Edit(int firstSlot, int lastSlot, boolean negative, byte[] replacement) {}

    private final int[] nodes;
    private final List<Map<Integer, byte[]>> values = new ArrayList<>();
    private final List<List<Edit>> edits = new ArrayList<>();

    private ListParts(int[] nodes) {
        this.nodes = nodes;
        for (int i = 0; i < nodes.length; i++) {
            values.add(new HashMap<>());
            edits.add(new ArrayList<>());
        }
    }

    /** Cuts the list of a rule whose keys are all known to have been read; null where nothing can be cut. */
    static ListParts of(KeyRule rule, BoundValues bound, int[] nodes, DestinationTable table) {
        ListParts parts = new ListParts(nodes);
        if (rule.form() == ListForm.WHOLE) {
            return null;
        }
        List<KeyValue> keys = rule.alternatives().stream().map(List::getFirst).toList();
        int[] owners = new int[keys.size()];
        for (int i = 0; i < owners.length; i++) {
            owners[i] = switch (keys.get(i)) {
                case KeyValue.ParameterElements elements -> {
                    parts.array(rule, elements, bound, table);
                    yield -1;
                }
                case KeyValue.LiteralElements elements -> {
                    parts.arrayLiteral(rule, elements, bound, table);
                    yield -1;
                }
                case KeyValue.Parameter p -> owner(rule, p, bound, table);
                case KeyValue.Literal l -> owner(rule, l, bound, table);
                case KeyValue.Null none -> -1;
            };
        }
        for (int node = 0; node < nodes.length; node++) {
            parts.parameters(keys, owners, node);
            switch (rule.form()) {
                case LIST -> parts.list(keys, owners, node, bound);
                case ALTERNATIVES -> parts.alternatives(keys, owners, node, bound);
                case PARAMETERS, WHOLE -> {
                }
            }
        }
        boolean whole = parts.values.stream().allMatch(Map::isEmpty) && parts.edits.stream().allMatch(List::isEmpty);
        return whole ? null : parts;
    }

    /** The node of a key; -1 for one that no row has. */
    private static int owner(KeyRule rule, KeyValue value, BoundValues bound, DestinationTable table) {
        return KeyReader.read(rule, List.of(value), bound) instanceof KeyResult.Hashed key
                ? owner(rule, key, table)
                : -1;
    }

    private static int owner(KeyRule rule, KeyResult.Hashed key, DestinationTable table) {
        int shard = KeyReader.virtualShard(rule, key, table.virtualShards());
        return shard < 0 ? -1 : table.ofVirtualShard(shard).node();
    }

    private void parameters(List<KeyValue> keys, int[] owners, int node) {
        for (int i = 0; i < owners.length; i++) {
            if (keys.get(i) instanceof KeyValue.Parameter parameter && owners[i] >= 0 && owners[i] != nodes[node]) {
                values.get(node).put(parameter.number(), NULL);
            }
        }
    }

    /** The own literals of the list in place of all; every literal of it stands between the first and the last. */
    private void list(List<KeyValue> keys, int[] owners, int node, BoundValues bound) {
        KeyValue.Literal first = null;
        KeyValue.Literal last = null;
        List<String> own = new ArrayList<>();
        for (int i = 0; i < owners.length; i++) {
            if (keys.get(i) instanceof KeyValue.Literal literal) {
                first = first == null ? literal : first;
                last = literal;
                if (owners[i] == nodes[node]) {
                    own.add((literal.negative() ? "-" : "") + new String(source(literal.slot(), bound),
                            StandardCharsets.UTF_8));
                }
            } else if (!(keys.get(i) instanceof KeyValue.Null)) {
                return;
            }
        }
        if (!own.isEmpty() && own.size() < owners.length) {
            edits.get(node).add(new Edit(first.slot(), last.slot(), first.negative(),
                    String.join(", ", own).getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** An own literal of the same kind in place of each that isn't; those of views have no slot and stay. */
    private void alternatives(List<KeyValue> keys, int[] owners, int node, BoundValues bound) {
        for (int i = 0; i < owners.length; i++) {
            if (keys.get(i) instanceof KeyValue.Literal foreign && owners[i] != nodes[node] && foreign.slot() >= 0) {
                for (int j = 0; j < owners.length; j++) {
                    if (owners[j] == nodes[node] && keys.get(j) instanceof KeyValue.Literal own && own.slot() >= 0
                            && own.kind() == foreign.kind() && own.negative() == foreign.negative()
                            && own.typeOid() == foreign.typeOid()) {
                        edits.get(node).add(new Edit(foreign.slot(), foreign.slot(), false, source(own.slot(), bound)));
                        break;
                    }
                }
            }
        }
    }

    private static byte[] source(int slot, BoundValues bound) {
        Fingerprint literals = bound.literals();
        return Arrays.copyOfRange(bound.sql(), literals.literalStart(slot), literals.literalEnd(slot));
    }

    private void array(KeyRule rule, KeyValue.ParameterElements elements, BoundValues bound, DestinationTable table) {
        ArrayElements cursor = KeyReader.open(elements, bound);
        if (cursor != null) {
            List<byte[]> subsets = subsets(rule, cursor, table);
            for (int node = 0; subsets != null && node < nodes.length; node++) {
                values.get(node).put(elements.number(), subsets.get(node));
            }
        }
    }

    private void arrayLiteral(KeyRule rule, KeyValue.LiteralElements elements, BoundValues bound,
            DestinationTable table) {
        ArrayElements cursor = elements.slot() < 0 ? null : KeyReader.open(elements, bound);
        List<byte[]> subsets = cursor == null ? null : subsets(rule, cursor, table);
        for (int node = 0; subsets != null && node < nodes.length; node++) {
            String text = new String(subsets.get(node), StandardCharsets.UTF_8);
            if (text.indexOf('\\') < 0 || bound.standardConformingStrings()) {
                edits.get(node).add(new Edit(elements.slot(), elements.slot(), false,
                        ("'" + text.replace("'", "''") + "'").getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    /** The array with each node's elements; null where it can't be read or no element is another's. */
    private List<byte[]> subsets(KeyRule rule, ArrayElements cursor, DestinationTable table) {
        BitSet[] own = new BitSet[nodes.length];
        Arrays.setAll(own, i -> new BitSet());
        while (cursor.next()) {
            if (cursor.compared(rule.types().getFirst()) instanceof KeyResult.Hashed key) {
                int at = Arrays.binarySearch(nodes, owner(rule, key, table));
                if (at >= 0) {
                    own[at].set(cursor.index());
                }
            }
        }
        return cursor.problem() != null ? null : Arrays.stream(own).map(cursor::subset).toList();
    }

    /** The values of parameters that are others on a node, by number; an absent one stays, {@link #isNull} tells NULL. */
    public Map<Integer, byte[]> values(int index) {
        return values.get(index);
    }

    public static boolean isNull(byte[] value) {
        return value == NULL;
    }

    /** Whether the node's text is another than the client's. */
    public boolean changesText(int index) {
        return !edits.get(index).isEmpty();
    }

    /**
     * The text with a node's own literals.
     *
     * @param literals
     *            the spans in this very text
     * @param shift
     *            by how much its slots are higher than those of the client's text
     */
    public byte[] text(int index, byte[] sql, Fingerprint literals, int shift) {
        List<Edit> sorted = new ArrayList<>(edits.get(index));
        sorted.sort(Comparator.comparingInt(Edit::firstSlot));
        ByteArrayOutputStream text = new ByteArrayOutputStream(sql.length + 16);
        int at = 0;
        for (Edit edit : sorted) {
            int start = literals.literalStart(edit.firstSlot() + shift);
            if (edit.negative()) {
                start--;
                while (start > at && sql[start] != '-') {
                    if (!Character.isWhitespace(sql[start])) {
                        return sql;
                    }
                    start--;
                }
            }
            text.write(sql, at, start - at);
            text.writeBytes(edit.replacement());
            at = literals.literalEnd(edit.lastSlot() + shift);
        }
        text.write(sql, at, sql.length - at);
        return text.toByteArray();
    }
}
