package dev.trunkline.parity;

import dev.trunkline.parity.PlainClient.Answer;
import dev.trunkline.parity.PlainClient.Format;
import dev.trunkline.parity.StatementFile.Case;
import dev.trunkline.parity.StatementFile.Expectation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One session on a plain PostgreSQL beside one on the server that is compared with it, statement after statement. */
final class Comparison implements AutoCloseable {

    /** How statements travel. */
    enum Protocol {
        SIMPLE,
        EXTENDED_TEXT,
        EXTENDED_BINARY
    }

    private static final String FAN_OUT_WARNING = " 01TL1 ";
    private static final String FAIL = "SELECT 1 / 0";

    private final PlainClient plain;
    private final PlainClient compared;
    private final Protocol protocol;
    private final int nodes;
    private final List<String> differences = new ArrayList<>();
    private int ran;
    private int refused;

    /** @param nodes how many the compared server has: with one it refuses nothing */
    Comparison(PlainClient plain, PlainClient compared, Protocol protocol, int nodes) {
        this.plain = plain;
        this.compared = compared;
        this.protocol = protocol;
        this.nodes = nodes;
    }

    void run(StatementFile file) {
        for (Case one : file.cases()) {
            boolean skipped = protocol == Protocol.SIMPLE
                    ? one.extended() || !one.parameters().isEmpty() || one.fetch() > 0
                    : one.simple();
            if (!skipped) {
                ran++;
                try {
                    compare(one);
                } catch (IOException e) {
                    differences.add(one + "\n  the rest of the file is not compared: " + e);
                    return;
                }
            }
        }
    }

    int ran() {
        return ran;
    }

    int refused() {
        return refused;
    }

    List<String> differences() {
        return differences;
    }

    private void compare(Case one) throws IOException {
        switch (one.expectation()) {
            case Expectation.Same same -> compareAnswers(one, null);
            case Expectation.Error(String sqlState) -> compareAnswers(one, sqlState);
            case Expectation.Refused(String sqlState, int fromNodes) -> {
                if (nodes >= fromNodes) {
                    expectRefusal(one, sqlState);
                } else {
                    compareUndone(one);
                }
            }
        }
        if (plain.status() != compared.status()) {
            differences.add(one + "\n  the status is " + compared.status() + ", of plain PostgreSQL " + plain.status());
            bothOutOfTransaction();
        }
    }

    private void compareAnswers(Case one, String expectedError) throws IOException {
        Answer expected = send(plain, one);
        Answer got = send(compared, one);
        if (expectedError == null ? expected.error() != null : !expectedError.equals(expected.error())) {
            differences.add(one + "\n  the file expects " + (expectedError == null ? "no error" : expectedError)
                    + " and plain PostgreSQL answers\n" + indented(expected.lines()));
        }
        compare(one, expected, got);
        long warnings = got.notices().stream().filter(n -> n.contains(FAN_OUT_WARNING)).count();
        long wanted = one.fanOut() && nodes > 1 ? 1 : 0;
        // What one node refuses in answer to Parse goes to no other.
        boolean mayEndAtParse = protocol != Protocol.SIMPLE && got.error() != null;
        if (warnings != wanted && !(mayEndAtParse && warnings == 0)) {
            differences.add(one + "\n  " + warnings + " fan-out warnings instead of " + wanted);
        }
    }

    private void compare(Case one, Answer expected, Answer got) {
        List<String> want = comparable(one, expected);
        List<String> have = comparable(one, got);
        if (!want.equals(have)) {
            int first = 0;
            while (first < Math.min(want.size(), have.size()) && want.get(first).equals(have.get(first))) {
                first++;
            }
            differences.add(one + "\n  plain PostgreSQL, from line " + (first + 1) + " of the answer\n"
                    + indented(want.subList(first, want.size())) + "\n  compared\n"
                    + indented(have.subList(first, have.size())));
        } else if (!expected.notices().equals(withoutOurWarning(got.notices()))) {
            differences.add(one + "\n  notices of plain PostgreSQL\n" + indented(expected.notices()) + "\n  compared\n"
                    + indented(got.notices()));
        } else if (!expected.parameters().equals(got.parameters())) {
            differences.add(one + "\n  parameters of plain PostgreSQL " + expected.parameters() + ", compared "
                    + got.parameters());
        }
    }

    /**
     * What has to be the same. An error may come later than from PostgreSQL, after the completions of Parse and Bind, because
     * nodes see a statement when it is executed.
     */
    private static List<String> comparable(Case one, Answer answer) {
        List<String> lines = one.ordered() ? answer.lines() : answer.asMultiset();
        if (answer.error() == null) {
            return lines;
        }
        return lines.stream().filter(line -> !List.of("ParseComplete", "BindComplete", "NoData").contains(line))
                .map(line -> one.ownText() && line.startsWith("ErrorResponse")
                        ? "ErrorResponse " + answer.error()
                        : line)
                .toList();
    }

    private static List<String> withoutOurWarning(List<String> notices) {
        return notices.stream().filter(n -> !n.contains(FAN_OUT_WARNING)).toList();
    }

    private void expectRefusal(Case one, String sqlState) throws IOException {
        refused++;
        char before = plain.status();
        Answer got = send(compared, one);
        if (!sqlState.equals(got.error())) {
            differences.add(one + "\n  expected to be refused with " + sqlState + ":\n" + indented(got.lines()));
            // It may have been done: what follows would only repeat the difference.
            bothOutOfTransaction();
            return;
        }
        if (before == 'T') {
            plain.query(FAIL, List.of());
        }
    }

    /** What several nodes refuse is compared where it works, and must leave no trace for what follows. */
    private void compareUndone(Case one) throws IOException {
        boolean inTransaction = plain.status() != 'I';
        if (!inTransaction) {
            plain.query("BEGIN", List.of());
            compared.query("BEGIN", List.of());
        }
        compare(one, send(plain, one), send(compared, one));
        if (inTransaction) {
            plain.query(FAIL, List.of());
            compared.query(FAIL, List.of());
        } else {
            plain.query("ROLLBACK", List.of());
            compared.query("ROLLBACK", List.of());
        }
    }

    private void bothOutOfTransaction() throws IOException {
        for (PlainClient client : List.of(plain, compared)) {
            if (client.status() != 'I') {
                client.query("ROLLBACK", List.of());
            }
        }
    }

    private Answer send(PlainClient client, Case one) throws IOException {
        Format format = protocol == Protocol.EXTENDED_BINARY ? Format.BINARY : Format.TEXT;
        if (protocol == Protocol.SIMPLE) {
            return client.query(one.sql(), one.copyLines());
        }
        if (one.pipeline()) {
            return client.pipeline(one.statements(), format);
        }
        return client.execute(one.sql(), one.parameters(), format, one.fetch(), one.copyLines());
    }

    private static String indented(List<String> lines) {
        List<String> shown = lines.size() <= 5 ? lines : lines.subList(0, 5);
        return "    " + String.join("\n    ", shown) + (shown.size() < lines.size() ? "\n    ..." : "");
    }

    @Override
    public void close() throws IOException {
        plain.close();
        compared.close();
    }
}
