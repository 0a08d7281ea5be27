package dev.trunkline.parity;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file of statements by topic. A blank line ends a statement; lines that start with {@code #} are comments. Before the SQL
 * stands what is expected, then what else there is to say:
 *
 * <pre>
 * -- same                 the answer of one plain PostgreSQL, which is no error
 * -- error 23505          the same error as from one plain PostgreSQL
 * -- refused TL002        over several nodes; with one node it is as from plain PostgreSQL
 * -- refused TL002 from 4 nodes      with fewer it is as from plain PostgreSQL
 *
 * -- ordered              the order of rows counts; otherwise they are a multiset
 * -- fan-out              over several nodes a warning 01TL1 comes with it, and without this line it must not
 * -- params: 7, 'x', null, 7::int4
 * -- fetch: 2             rows for each Execute
 * -- copy: 1,a            a line of CopyData, may be repeated
 * -- pipeline             each line that ends with a semicolon ends a statement; one Sync, or one Query for all of them
 * -- own text             an error's text and position are the proxy's own
 * -- simple               in the simple protocol only; -- extended: only in the other
 * </pre>
 */
record StatementFile(String name, List<Case> cases) {

    /** What is expected. */
    sealed interface Expectation {
        record Same() implements Expectation {}

        record Error(String sqlState) implements Expectation {}

        record Refused(String sqlState, int fromNodes) implements Expectation {}
    }

    /** A parameter's value as text, null for NULL, and its type's name, null where the server has to find it. */
    record Parameter(String value, String type) {}

    /** One statement, or the statements of one pipeline. */
    record Case(String file, int line, Expectation expectation, List<String> statements, List<Parameter> parameters,
            List<String> copyLines, int fetch, boolean ordered, boolean fanOut, boolean ownText, boolean pipeline,
            boolean simple,
            boolean extended) {

        String sql() {
            return String.join("\n", statements);
        }

        @Override
        public String toString() {
            return file + ":" + line + ": " + sql();
        }
    }

    static List<StatementFile> all() throws IOException {
        Path directory;
        try {
            directory = Path.of(StatementFile.class.getResource("/parity").toURI());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        List<StatementFile> files = new ArrayList<>();
        try (Stream<Path> paths = Files.list(directory)) {
            for (Path path : paths.filter(p -> p.toString().endsWith(".sql")).sorted().toList()) {
                files.add(parse(path.getFileName().toString(), Files.readAllLines(path)));
            }
        }
        return files;
    }

    static StatementFile parse(String name, List<String> lines) {
        List<Case> cases = new ArrayList<>();
        Draft draft = null;
        for (int i = 0; i <= lines.size(); i++) {
            String line = i < lines.size() ? lines.get(i) : "";
            if (line.isBlank()) {
                if (draft != null) {
                    cases.add(draft.finish());
                }
                draft = null;
            } else if (!line.startsWith("#")) {
                draft = draft == null ? new Draft(name, i + 1) : draft;
                if (line.startsWith("-- ") && draft.sql.isEmpty()) {
                    draft.directive(line.substring(3).strip(), i + 1);
                } else {
                    draft.sql.add(line);
                }
            }
        }
        return new StatementFile(name, List.copyOf(cases));
    }

    /** A case that is being read. */
    private static final class Draft {
        private final String file;
        private final int line;
        private final List<String> sql = new ArrayList<>();
        private final List<String> copyLines = new ArrayList<>();
        private Expectation expectation;
        private List<Parameter> parameters = List.of();
        private int fetch;
        private boolean ordered;
        private boolean fanOut;
        private boolean ownText;
        private boolean pipeline;
        private boolean simple;
        private boolean extended;

        Draft(String file, int line) {
            this.file = file;
            this.line = line;
        }

        void directive(String text, int at) {
            String[] words = text.split("\\s+");
            switch (words[0]) {
                case "same" -> expect(new Expectation.Same(), at);
                case "error" -> expect(new Expectation.Error(words[1]), at);
                case "refused" -> expect(new Expectation.Refused(words[1],
                        words.length == 5 && words[2].equals("from") ? Integer.parseInt(words[3]) : 2), at);
                case "params:" -> parameters = parameters(text.substring("params:".length()));
                case "copy:" -> copyLines.add(text.substring("copy: ".length()));
                case "fetch:" -> fetch = Integer.parseInt(words[1]);
                case "ordered" -> ordered = true;
                case "fan-out" -> fanOut = true;
                case "own" -> ownText = text.equals("own text");
                case "pipeline" -> pipeline = true;
                case "simple" -> simple = true;
                case "extended" -> extended = true;
                default -> throw new IllegalArgumentException(file + ":" + at + ": unknown directive: " + text);
            }
        }

        private void expect(Expectation expected, int at) {
            if (expectation != null) {
                throw new IllegalArgumentException(file + ":" + at + ": a second expectation");
            }
            expectation = expected;
        }

        Case finish() {
            if (expectation == null || sql.isEmpty()) {
                throw new IllegalArgumentException(file + ":" + line + ": no expectation, or no statement");
            }
            List<String> statements = pipeline ? split() : List.of(String.join("\n", sql));
            return new Case(file, line, expectation, statements, parameters, List.copyOf(copyLines), fetch, ordered,
                    fanOut,
                    ownText, pipeline, simple, extended);
        }

        private List<String> split() {
            List<String> statements = new ArrayList<>();
            StringBuilder statement = new StringBuilder();
            for (String line : sql) {
                statement.append(statement.isEmpty() ? "" : "\n").append(line);
                if (line.endsWith(";")) {
                    statements.add(statement.toString());
                    statement.setLength(0);
                }
            }
            if (!statement.isEmpty()) {
                statements.add(statement.toString());
            }
            return statements;
        }
    }

    /** {@code 7, 'it''s', null, '{1,2}'::_int8}. */
    private static List<Parameter> parameters(String text) {
        List<Parameter> parameters = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            StringBuilder word = new StringBuilder();
            boolean quoted = false;
            boolean wasQuoted = false;
            for (; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == '\'' && quoted && i + 1 < text.length() && text.charAt(i + 1) == '\'') {
                    word.append('\'');
                    i++;
                } else if (c == '\'') {
                    quoted = !quoted;
                    wasQuoted = true;
                } else if (c == ',' && !quoted) {
                    break;
                } else if (quoted || c != ' ') {
                    word.append(c);
                }
            }
            i++;
            String value = word.toString();
            String type = null;
            int cast = value.lastIndexOf("::");
            if (cast >= 0) {
                type = value.substring(cast + 2);
                value = value.substring(0, cast);
            }
            parameters.add(new Parameter(value.equals("null") && !wasQuoted ? null : value, type));
        }
        return List.copyOf(parameters);
    }
}
