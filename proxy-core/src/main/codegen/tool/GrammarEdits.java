import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Turns Calcite's parser template into the one for PostgreSQL's grammar. The template comes from the calcite-core jar and is
 * never committed; what is ours stands in files beside this one. The build runs it with the JDK's source launcher:
 *
 * <pre>java GrammarEdits.java TEMPLATE CODEGEN_DIRECTORY OUTPUT_DIRECTORY</pre>
 *
 * Every edit names the text that it expects. If a new Calcite moved it, the build stops here and says which.
 */
final class GrammarEdits {

    /** Calcite's productions that stay as they are: the entries of a parser. */
    private static final List<String> KEPT = List.of("SqlNode SqlStmtEof() :", "SqlNodeList SqlStmtList() :");

    /** Tokens that Calcite doesn't have. */
    private static final List<String> OWN_KEYWORDS = List.of("DO", "SETOF", "VARIADIC");
    private static final List<String> OWN_TOKENS = List.of("IDENTIFIER", "PG_OP", "INFIX_CAST");

    private static final String CLASS_START = "public class ${parser.class} extends SqlAbstractParserImpl\n{";
    private static final String CLASS_END = "\n}\n\nPARSER_END(${parser.class})\n";

    private final String template;
    private final String name;

    private GrammarEdits(Path template) throws IOException {
        this.template = Files.readString(template).replace("\r\n", "\n");
        this.name = template.toString();
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            System.err.println("usage: GrammarEdits TEMPLATE CODEGEN_DIRECTORY OUTPUT_DIRECTORY");
            System.exit(2);
        }
        Path codegen = Path.of(args[1]);
        Path output = Path.of(args[2]);
        try {
            String edited = new GrammarEdits(Path.of(args[0])).edited(codegen);
            Files.createDirectories(output.resolve("templates"));
            Files.writeString(output.resolve("templates/Parser.jj"), edited);
            Files.copy(codegen.resolve("config.fmpp"), output.resolve("config.fmpp"),
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (Misfit e) {
            System.err.println("GrammarEdits: " + e.getMessage());
            System.err.println("Calcite's template has changed: see docs/sql.md, \"Another Calcite\".");
            System.exit(1);
        }
    }

    private String edited(Path codegen) throws IOException {
        StringBuilder out = new StringBuilder();
        out.append(between("<@pp.dropOutputFile />", CLASS_START)).append("public class ${parser.class} extends GrammarSupport\n{\n");
        out.append(Files.readString(codegen.resolve("parser-class.java")));
        out.append(CLASS_END).append('\n');
        for (String signature : KEPT) {
            out.append(production(signature)).append('\n');
        }
        StringBuilder ours = new StringBuilder();
        try (Stream<Path> files = Files.list(codegen.resolve("productions"))) {
            for (Path file : files.sorted().toList()) {
                String text = Files.readString(file);
                refuseDoubles(file, text);
                ours.append(text).append('\n');
            }
        }
        // FreeMarker would read them as its own.
        out.append(tokens(ours.toString()));
        out.append(ours.toString().replace("${", "${r\"${\"}"));
        return out.toString();
    }

    /**
     * The tokens that our productions use, keywords first. JavaCC numbers them as it meets them; what they look like is the
     * business of our own lexer.
     */
    private String tokens(String productions) {
        Set<String> used = names(productions, "<([A-Z][A-Z0-9_]*)>");
        Set<String> keywords = names(between("/* KEYWORDS:  anything in this list",
                "/**\n * Parses a non-reserved keyword for use as an identifier."), "< ([A-Z0-9_]+):");
        Set<String> others = names(between("/* LITERALS */", "/* Special token to throw a wrench in the works."),
                "< ([A-Z0-9_]+):");
        keywords.addAll(OWN_KEYWORDS);
        others.addAll(OWN_TOKENS);
        used.addAll(List.of("IDENTIFIER", "QUOTED_IDENTIFIER"));
        used.remove("EOF");
        keywords.retainAll(used);
        others.retainAll(used);
        used.removeAll(keywords);
        used.removeAll(others);
        if (!used.isEmpty()) {
            throw new Misfit(name + " has no tokens " + used);
        }
        List<String> all = new ArrayList<>(keywords);
        all.add("NOT_A_KEYWORD");
        all.addAll(others);
        return "/** Never called: numbers the tokens. */\nvoid Tokens() :\n{\n}\n{\n    <" + String.join(">\n    <", all) + ">\n}\n\n";
    }

    private static Set<String> names(String text, String pattern) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    /** The template from one text to another, the first included. */
    private String between(String from, String to) {
        int start = only(from);
        int end = template.indexOf(to, start);
        if (end < 0) {
            throw new Misfit(name + " has no \"" + firstLine(to) + "\" after \"" + firstLine(from) + '"');
        }
        return template.substring(start, end);
    }

    private int only(String text) {
        int at = template.indexOf(text);
        if (at < 0) {
            throw new Misfit(name + " has no \"" + firstLine(text) + '"');
        }
        if (template.indexOf(text, at + 1) >= 0) {
            throw new Misfit(name + " has \"" + firstLine(text) + "\" more than once");
        }
        return at;
    }

    /** A production: its signature, its declarations and its expansion, each closed by a brace in the first column. */
    private String production(String signature) {
        int start = only("\n" + signature) + 1;
        int declarations = template.indexOf("\n}\n", start);
        int expansion = template.indexOf("\n}\n", declarations + 1);
        if (declarations < 0 || expansion < 0) {
            throw new Misfit(name + ": no end of the production " + signature);
        }
        return template.substring(start, expansion + 3);
    }

    /** A production of ours must not silently stand beside one that we keep. */
    private static void refuseDoubles(Path file, String text) {
        Matcher signature = Pattern.compile("^\\w[\\w.<>\\[\\], ]* (\\w+)\\(.*\\) ?[:{]$", Pattern.MULTILINE).matcher(text);
        List<String> found = new ArrayList<>();
        while (signature.find()) {
            found.add(signature.group(1));
        }
        for (String kept : KEPT) {
            for (String production : found) {
                if (kept.contains(" " + production + "(")) {
                    throw new Misfit(file + " defines " + production + ", which is kept from the template");
                }
            }
        }
    }

    private static String firstLine(String text) {
        return text.strip().lines().findFirst().orElse("");
    }

    /** An edit that doesn't fit the template. */
    private static final class Misfit extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Misfit(String message) {
            super(message);
        }
    }
}
