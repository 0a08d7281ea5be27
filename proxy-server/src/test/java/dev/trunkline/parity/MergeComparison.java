package dev.trunkline.parity;

import dev.trunkline.parity.Comparison.Protocol;
import dev.trunkline.parity.PlainClient.Answer;
import dev.trunkline.parity.PlainClient.Format;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares a merged answer with what one PostgreSQL allows: the same messages and rows, equal sort keys in any order. */
final class MergeComparison {

    private static final String ROW = "DataRow ";

    private final PlainClient plain;

    MergeComparison(PlainClient plain) {
        this.plain = plain;
    }

    /** Null when the answers agree, otherwise how they differ. */
    String difference(MergeStatement statement, PlainClient proxied, Protocol protocol) throws IOException {
        Answer expected = run(statement, plain, protocol);
        Answer got = run(statement, proxied, protocol);
        if (!withoutRows(expected).equals(withoutRows(got))) {
            return "messages " + withoutRows(got) + " instead of " + withoutRows(expected);
        }
        List<String> rows = rows(got);
        if (rows.size() != rows(expected).size()) {
            return rows.size() + " rows instead of " + rows(expected).size();
        }
        if (expected.error() != null) {
            return null;
        }
        TreeMap<Long, List<String>> places = places(statement, protocol);
        List<Long> places0 = new ArrayList<>();
        places.forEach((place, equal) -> equal.forEach(row -> places0.add(place)));
        Map<Long, List<String>> left = new HashMap<>();
        places.forEach((place, equal) -> left.put(place, new ArrayList<>(equal)));
        for (int i = 0; i < rows.size(); i++) {
            long place = places0.get(i + (int) Math.max(0, statement.offset()));
            if (!left.get(place).remove(rows.get(i))) {
                return "row " + (i + 1) + " is " + rows.get(i) + ", and there may be " + left.get(place);
            }
        }
        return null;
    }

    private TreeMap<Long, List<String>> places(MergeStatement statement, Protocol protocol) throws IOException {
        Answer ranked = protocol == Protocol.SIMPLE
                ? plain.query(statement.ranked(), List.of())
                : plain.execute(statement.ranked(), List.of(), format(protocol), 0, List.of());
        if (ranked.error() != null) {
            throw new IOException("no ranks by " + statement.ranked() + ": " + ranked.lines());
        }
        TreeMap<Long, List<String>> places = new TreeMap<>();
        for (String row : rows(ranked)) {
            int at = row.lastIndexOf('|');
            places.computeIfAbsent(Long.parseLong(row.substring(at + 1)), p -> new ArrayList<>())
                    .add(row.substring(0, at));
        }
        return places;
    }

    static Answer run(MergeStatement statement, PlainClient client, Protocol protocol) throws IOException {
        return protocol == Protocol.SIMPLE && !statement.parameters() && statement.fetch() == 0
                ? client.query(statement.sql(), List.of())
                : client.execute(statement.sql(), statement.values(), format(protocol), statement.fetch(), List.of());
    }

    private static Format format(Protocol protocol) {
        return protocol == Protocol.EXTENDED_BINARY ? Format.BINARY : Format.TEXT;
    }

    private static List<String> withoutRows(Answer answer) {
        return answer.lines().stream().filter(line -> !line.startsWith(ROW)).toList();
    }

    private static List<String> rows(Answer answer) {
        return answer.lines().stream().filter(line -> line.startsWith(ROW)).toList();
    }
}
