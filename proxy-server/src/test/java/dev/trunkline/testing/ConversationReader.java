package dev.trunkline.testing;

import dev.trunkline.testing.Conversation.Actor;
import dev.trunkline.testing.Conversation.Step;
import dev.trunkline.wire.FrontendEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads conversations. A file holds many:
 *
 * <pre>
 * # a comment
 * === a query goes to its node            starts a conversation
 * nodes 2                                 how many nodes (1)
 * options pool.size=1                     what the proxy is started with
 * only one node                           not true, and not meant to be, over several
 *
 * C> Query "select 1"                     the client sends
 * N1&lt; Query "select 1"                    node 1 must receive exactly this
 * N1> RowDescription ?column?:int4        node 1 sends, over the connection that this came by
 * N1> DataRow "1"
 * N1> CommandComplete "SELECT 1"
 * N1> ReadyForQuery I
 * C&lt; RowDescription ...                   the client must receive this; ... stands for all further parts
 * C&lt; DataRow *                            * stands for one part
 * C&lt; skip ReadyForQuery I                 whatever comes up to this
 * </pre>
 *
 * Lines of one sender that follow each other go out in one write. Before a message: {@code split 3,7} cuts its bytes there,
 * {@code bytewise} sends each alone, {@code raw x'51 00'} is no message at all, {@code raw} with {@code "text"} neither. Clients
 * are {@code C} or {@code C2}, {@code C3}; a node's connections can be told apart by letters, {@code N1a}, {@code N1b}.
 * What else there is stands at {@link Step}. Anything unknown is an error.
 */
final class ConversationReader {

    private static final Pattern LINE = Pattern.compile("(C\\d*|N\\d+[a-z]?)\\s*([<>]|\\s)\\s*(.*)");

    private final Path file;
    private final List<Conversation> read = new ArrayList<>();
    private String name;
    private int start;
    private int nodes;
    private Map<String, String> options;
    private boolean oneNode;
    private List<Step> steps;

    private ConversationReader(Path file) {
        this.file = file;
    }

    static List<Conversation> read(Path file) throws IOException {
        return read(file, Files.readAllLines(file));
    }

    static List<Conversation> read(Path file, List<String> lines) {
        var reader = new ConversationReader(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                reader.line(i + 1, line);
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(file + ":" + (i + 1) + ": " + e.getMessage(), e);
            }
        }
        reader.end();
        return reader.read;
    }

    private void end() {
        if (name != null) {
            read.add(new Conversation(file, start, name, nodes, oneNode, options, steps));
        }
    }

    private void line(int number, String line) {
        if (line.startsWith("===")) {
            end();
            name = line.substring(3).strip();
            start = number;
            nodes = 1;
            options = new LinkedHashMap<>();
            oneNode = false;
            steps = new ArrayList<>();
            return;
        }
        if (name == null) {
            throw new IllegalArgumentException("a conversation starts with ===");
        }
        Matcher m = LINE.matcher(line);
        if (m.matches()) {
            Actor actor = actor(m.group(1));
            if (!actor.client() && actor.number() > nodes) {
                throw new IllegalArgumentException("there are only " + nodes + " nodes");
            }
            steps.add(switch (m.group(2)) {
                case ">" -> send(number, actor, m.group(3));
                case "<" -> receive(number, actor, m.group(3));
                default -> act(number, actor, m.group(3));
            });
            return;
        }
        String[] words = line.split("\\s+", 2);
        switch (words[0]) {
            case "nodes" -> nodes = Integer.parseInt(words[1]);
            case "options" -> {
                for (String option : words[1].split("\\s+")) {
                    String[] pair = option.split("=", 2);
                    if (pair.length < 2) {
                        throw new IllegalArgumentException("an option is key=value: " + option);
                    }
                    options.put(pair[0], pair[1]);
                }
            }
            case "only" -> {
                if (words.length < 2 || !words[1].equals("one node")) {
                    throw new IllegalArgumentException("only one node, or nothing: " + line);
                }
                oneNode = true;
            }
            case "pause" -> steps.add(new Step.Pause(number, Integer.parseInt(words[1])));
            default -> throw new IllegalArgumentException("unknown directive: " + line);
        }
    }

    private static Actor actor(String text) {
        String label = text.substring(text.length() - 1).replaceAll("[^a-z]", "");
        String digits = text.substring(1, text.length() - label.length());
        return new Actor(text.startsWith("C"), digits.isEmpty() ? 1 : Integer.parseInt(digits), label);
    }

    private static Step send(int line, Actor actor, String text) {
        if (text.equals("close") || text.equals("reset")) {
            return new Step.HangUp(line, actor, text.equals("reset"));
        }
        List<Integer> cuts = List.of();
        String[] words = text.split("\\s+", 2);
        if (words[0].equals("bytewise")) {
            cuts = List.of(-1);
            text = words[1];
        } else if (words[0].equals("split")) {
            String[] rest = words[1].split("\\s+", 2);
            cuts = Pattern.compile(",").splitAsStream(rest[0]).map(Integer::valueOf).toList();
            text = rest[1];
        }
        return new Step.Send(line, actor, bytes(actor, text), cuts);
    }

    private static byte[] bytes(Actor actor, String text) {
        if (text.startsWith("raw ")) {
            Shape raw = ShapeReader.read(text);
            return Shape.value(raw.part(0)).array();
        }
        Shape shape = ShapeReader.read(text);
        if (!actor.client()) {
            return FakePostgres.encode(List.of(ShapedMessages.backend(shape)));
        }
        ByteBuf out = Unpooled.buffer();
        FrontendEncoder.encode(ShapedMessages.frontend(shape), out);
        var bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static Step receive(int line, Actor actor, String text) {
        if (text.equals("eof")) {
            return new Step.End(line, actor);
        }
        String[] words = text.split("\\s+", 2);
        return switch (words[0]) {
            case "nothing" -> new Step.Nothing(line, actor, Integer.parseInt(words[1]));
            case "byte" -> new Step.ReceiveByte(line, actor, words[1].charAt(0));
            case "skip" -> new Step.Receive(line, actor, pattern(actor, words[1]), true);
            default -> new Step.Receive(line, actor, pattern(actor, text), false);
        };
    }

    /** Reads a pattern and checks that its message exists, so that a misspelt one is not just never received. */
    private static Shape pattern(Actor actor, String text) {
        Shape shape = ShapeReader.read(text);
        if (!shape.name().equals("*")) {
            MessageNames.require(shape.name(), !actor.client());
        }
        return shape;
    }

    private static Step act(int line, Actor actor, String text) {
        String[] words = text.split("\\s+", 2);
        if (actor.client()) {
            return switch (words[0]) {
                case "connect" -> new Step.Connect(line, actor);
                case "login" -> new Step.LogIn(line, actor, ShapeReader.read(text));
                case "cancel" -> new Step.Cancel(line, actor);
                case "waits" -> new Step.Waits(line, actor);
                default -> throw new IllegalArgumentException("unknown directive for a client: " + text);
            };
        }
        return switch (words[0]) {
            case "down" -> new Step.Power(line, actor, false);
            case "up" -> new Step.Power(line, actor, true);
            case "scripted" -> new Step.ScriptStartup(line, actor);
            default -> throw new IllegalArgumentException("unknown directive for a node: " + text);
        };
    }

}
