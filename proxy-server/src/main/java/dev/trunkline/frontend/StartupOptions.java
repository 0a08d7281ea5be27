package dev.trunkline.frontend;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The {@code options} of a StartupMessage (PGOPTIONS): the command line of a server process, as PostgreSQL reads it
 * (process_postgres_switches).
 *
 * <pre>
 * -c name=value  -cname=value  --name=value    a setting
 * -e  -O  -P  -s  -fs  -S 4096  -tpl  ...      short words for settings, which may stand together: -es
 * </pre>
 */
final class StartupOptions {

    /** Letters that set something by themselves. What only a start of the server could set, the nodes refuse. */
    private static final Map<Character, String> FLAGS = Map.of('e', "datestyle=euro", 'F', "fsync=off", 'i',
            "listen_addresses=*", 'l', "ssl=on", 'O', "allow_system_table_mods=on", 'P', "ignore_system_indexes=on",
            's', "log_statement_stats=on");
    private static final Map<Character, String> VALUED = Map.of('B', "shared_buffers", 'h', "listen_addresses", 'k',
            "unix_socket_directories", 'N', "max_connections", 'p', "port", 'S', "work_mem", 'W', "post_auth_delay");
    private static final Map<String, String> PLANS = Map.of("s", "seqscan", "i", "indexscan", "o", "indexonlyscan", "b",
            "bitmapscan", "t", "tidscan", "n", "nestloop", "m", "mergejoin", "h", "hashjoin");
    private static final Map<String, String> STATISTICS = Map.of("pa", "parser", "pl", "planner", "e", "executor");
    /** Letters that mean nothing to a client, or nothing any more. */
    private static final String IGNORED = "bEjnT";
    private static final String IGNORED_VALUED = "CDrv";

    private final List<String> words;
    private final Map<String, String> settings;
    private int next;

    private StartupOptions(List<String> words, Map<String, String> settings) {
        this.words = words;
        this.settings = settings;
    }

    /** Puts what the options set to the others. */
    static void read(String text, Map<String, String> settings) {
        new StartupOptions(words(text), settings).read();
    }

    /** Split at blanks that no backslash precedes. */
    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                if (++i < text.length()) {
                    word.append(text.charAt(i));
                }
            } else if (Character.isWhitespace(c)) {
                if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                word.append(c);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    private void read() {
        while (next < words.size()) {
            String word = words.get(next++);
            if (word.equals("--")) {
                break;
            }
            if (word.length() < 2 || word.charAt(0) != '-') {
                throw unserved(word);
            }
            if (word.startsWith("--")) {
                set(word, word.substring(2));
            } else {
                letters(word);
            }
        }
        if (next < words.size()) {
            throw unserved(words.get(next));
        }
    }

    private void letters(String word) {
        for (int i = 1; i < word.length(); i++) {
            char letter = word.charAt(i);
            if (FLAGS.containsKey(letter)) {
                set(word, FLAGS.get(letter));
            } else if (IGNORED.indexOf(letter) < 0) {
                valued(word, letter, i + 1 < word.length() ? word.substring(i + 1) : null);
                return;
            }
        }
    }

    /** A letter whose value is the rest of its word, or (null) the next one. */
    private void valued(String word, char letter, String rest) {
        if ("cdft".indexOf(letter) < 0 && !VALUED.containsKey(letter) && IGNORED_VALUED.indexOf(letter) < 0
                || rest == null && next == words.size()) {
            throw unserved(word);
        }
        String value = rest == null ? words.get(next++) : rest;
        switch (letter) {
            case 'c' -> set("-c " + value, value);
            case 'd' -> debug(value);
            case 'f' -> {
                if (!PLANS.containsKey(value)) {
                    throw unserved(words.get(next - 1));
                }
                set(word, "enable_" + PLANS.get(value) + "=off");
            }
            case 't' -> {
                String kind = STATISTICS
                        .get(value.substring(0, Math.min(value.charAt(0) == 'p' ? 2 : 1, value.length())));
                if (kind == null) {
                    throw unserved(words.get(next - 1));
                }
                set(word, "log_" + kind + "_stats=on");
            }
            default -> {
                if (VALUED.containsKey(letter)) {
                    set(word, VALUED.get(letter) + "=" + value);
                }
            }
        }
    }

    private void debug(String value) {
        int level = value.matches("[0-9]{1,4}") ? Integer.parseInt(value) : 0;
        settings.put("log_min_messages", level == 0 ? "notice" : "debug" + Math.min(level, 5));
        if (level >= 2) {
            settings.put("log_statement", "all");
        }
        List<String> prints = List.of("debug_print_parse", "debug_print_plan", "debug_print_rewritten");
        for (int i = 0; i < prints.size() && level >= i + 3; i++) {
            settings.put(prints.get(i), "on");
        }
    }

    private void set(String written, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 0) {
            throw ProxyError.SYNTAX_ERROR.with(written + " requires a value");
        }
        if (equals == 0) {
            throw ProxyError.UNDEFINED_SETTING.with("");
        }
        settings.put(assignment.substring(0, equals).replace('-', '_').toLowerCase(Locale.ROOT),
                assignment.substring(equals + 1));
    }

    private static ProxyException unserved(String word) {
        return ProxyError.SYNTAX_ERROR.with("invalid command-line argument for server process: " + word)
                .withHint("Try \"postgres --help\" for more information.");
    }
}
