package dev.trunkline.catalog;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the names of sequences as PostgreSQL's {@code regclass} does, and the calls that name them in the text of expressions. */
public final class SequenceCalls {

    private static final Pattern CURRVAL = Pattern.compile("\\bcurrval\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAMED = Pattern
            .compile("\\s*\\(\\s*'((?:[^']|'')+)'(?:::(?:text::)?regclass)?\\s*\\)");
    private static final Pattern LASTVAL = Pattern.compile("\\blastval\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern PART = Pattern
            .compile("\\s*(?:\"((?:[^\"]|\"\")+)\"|([\\p{L}_][\\p{L}\\p{N}_$]*))\\s*");

    private SequenceCalls() {}

    /** What an expression asks for that a node has printed, so that its names have their schemas; null for nothing. */
    static SequenceUse.Asked asked(String expression) {
        return asked(expression, Map.of());
    }

    /** As above, of any source; {@code known} are the sequences that names without a schema may mean, null where they may mean several. */
    static SequenceUse.Asked asked(String source, Map<String, RelationName> known) {
        Set<RelationName> sequences = new LinkedHashSet<>();
        boolean others = false;
        Matcher call = CURRVAL.matcher(source);
        while (call.find()) {
            Matcher named = NAMED.matcher(source).region(call.end(), source.length());
            List<String> parts = named.lookingAt() ? parts(named.group(1).replace("''", "'")) : List.of();
            RelationName sequence = parts.size() == 2
                    ? new RelationName(parts.getFirst(), parts.getLast())
                    : parts.size() == 1 ? known.get(parts.getFirst()) : null;
            if (sequence == null) {
                others = true;
            } else {
                sequences.add(sequence);
            }
        }
        boolean last = LASTVAL.matcher(source).find();
        return sequences.isEmpty() && !others && !last
                ? null
                : new SequenceUse.Asked(sequences, last, 0, others);
    }

    /** The sequence of a name as written, or null where the catalog knows none by it. */
    public static RelationName named(String text, Catalog catalog, List<String> searchPath) {
        Relation found = relation(text, catalog, searchPath);
        return found == null || found.kind() != RelationKind.SEQUENCE ? null : found.fullName();
    }

    /** The relation of a name as written, or null. */
    public static Relation relation(String text, Catalog catalog, List<String> searchPath) {
        List<String> parts = parts(text);
        return parts.isEmpty() || parts.size() > 2
                ? null
                : catalog.find(parts.size() == 2 ? parts.getFirst() : null, parts.getLast(), searchPath);
    }

    /** The parts of a name with dots in it, folded as PostgreSQL does; empty if it is none. */
    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        Matcher part = PART.matcher(text);
        for (int at = 0; part.region(at, text.length()).lookingAt(); at = part.end() + 1) {
            parts.add(part.group(1) == null
                    ? folded(part.group(2))
                    : part.group(1).replace("\"\"", "\""));
            if (part.end() == text.length()) {
                return parts;
            }
            if (text.charAt(part.end()) != '.') {
                break;
            }
        }
        return List.of();
    }

    /** A source that may ask for numbers; empty where it does not, or is in C. */
    public static String in(String language, String source) {
        return language.equals("c") || !CURRVAL.matcher(source).find() && !LASTVAL.matcher(source).find() ? "" : source;
    }

    /** PostgreSQL folds no letters beyond ASCII. */
    private static String folded(String name) {
        StringBuilder folded = new StringBuilder(name);
        for (int i = 0; i < folded.length(); i++) {
            char c = folded.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c + 32));
            }
        }
        return folded.toString();
    }
}
