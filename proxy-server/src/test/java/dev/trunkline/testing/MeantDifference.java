package dev.trunkline.testing;

import java.util.List;

/** Differences between PostgreSQL's answers to a dialog and the proxy's that docs/protocol.md tells of. */
final class MeantDifference {

    private MeantDifference() {}

    /** Whether the first difference is one of them; what follows from it is not looked at. */
    static boolean isMeant(List<String> expected, List<String> actual, boolean hurt) {
        int at = first(expected, actual);
        String wanted = expected.get(at);
        String got = actual.get(at);
        if (!got.startsWith("ErrorResponse")) {
            // Values and formats of what goes to several nodes are looked at by Execute; those of what goes to none are not.
            // A string that a byte has spoilt: what only a node can parse fails when it is its turn.
            return hurt && wanted.contains("C=\"42601\"")
                    || got.equals("BindComplete") && wanted.contains("C=\"22021\"")
                    || got.equals("BindComplete") && wanted.startsWith("ErrorResponse")
                            && actual.subList(at + 1, Math.min(at + 3, actual.size())).contains(wanted);
        }
        if (hurt && wanted.startsWith("ErrorResponse")) {
            // Of two things wrong with a body the proxy may see the other one first.
            return true;
        }
        String state = got.replaceAll(".* ?C=\"(.{5})\".*", "$1");
        return switch (state) {
            // In a failed transaction: what the proxy can't parse, and the description of what has no rows.
            case "25P02" -> wanted.startsWith("ParameterDescription") || wanted.equals("NoData")
                // A portal whose Bind has failed: what it would run is not there.
                    || wanted.equals("EmptyQueryResponse") || wanted.contains("C=\"42601\"")
                // The unnamed portal of a simple query that failed in it: ours is the one before.
                    || wanted.contains("C=\"55000\"") && wanted.contains("\\\"\\\"");
            // Of two things wrong with a Parse the proxy may see the name first.
            case "42P05" -> wanted.startsWith("ErrorResponse");
            // An error leaves no portal of a simple query behind.
            case "34000" -> (hurt || got.contains("\\\"\\\""))
                    && (wanted.equals("NoData") || wanted.contains("C=\"25P02\"") || wanted.contains("C=\"55000\""));
            // What the proxy answers itself makes no transaction block of a pipeline at the node.
            case "25P01" -> wanted.contains("\"DECLARE CURSOR\"") || wanted.contains("\"LOCK TABLE\"");
            // Formats that there are not, which PostgreSQL misses when it comes to them.
            default -> hurt && state.equals("22023");
        };
    }

    /** Whether the proxy has refused what it does not do over several nodes. */
    static boolean isRefused(List<String> answers) {
        return answers.stream().anyMatch(line -> line.startsWith("ErrorResponse C=\"TL"));
    }

    /** Where the two begin to differ: the first such line, or the last of the shorter one. */
    static int first(List<String> expected, List<String> actual) {
        int at = 0;
        while (at < Math.min(expected.size(), actual.size()) - 1 && expected.get(at).equals(actual.get(at))) {
            at++;
        }
        return at;
    }
}
