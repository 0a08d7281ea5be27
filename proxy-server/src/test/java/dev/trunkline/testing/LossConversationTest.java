package dev.trunkline.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Connections that are lost at every point of a session, in every way (semantics.md 28): the client gets an answer to all that it has
 * sent, and its session goes on. A node's line {@code lost} stands for each of the ways; the suite takes one after the other, {@code
 * -Dtrunkline.losses.all=true} all of them at every point.
 */
@Timeout(300)
class LossConversationTest {

    private static final boolean EVERY_WAY = Boolean.getBoolean("trunkline.losses.all");
    private static final String FATAL = " ErrorResponse S=\"FATAL\" V=\"FATAL\" C=\"57P01\""
            + " M=\"terminating connection due to administrator command\"";

    private enum Way {
        CLOSED("> close"),
        RESET("> reset"),
        FATAL_AND_CLOSED(">" + FATAL, "> close"),
        /** One whose end never arrives: its host is gone, or something between keeps it open. */
        FATAL_AND_NOTHING_MORE(">" + FATAL);

        private final List<String> said;

        Way(String... said) {
            this.said = List.of(said);
        }
    }

    @TestFactory
    Stream<DynamicTest> conversations() throws IOException {
        Path file = Conversations.files("losses").getFirst();
        List<DynamicTest> all = new ArrayList<>();
        for (Way way : Way.values()) {
            List<String> lines = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (line.endsWith("> lost")) {
                    String node = line.substring(0, line.indexOf('>'));
                    way.said.forEach(said -> lines.add(node + said));
                } else {
                    lines.add(line);
                    if (line.startsWith("=== ")) {
                        lines.add("nodes 2");
                    }
                }
            }
            List<Conversation> read = ConversationReader.read(file, lines);
            Stream<Conversation> played = IntStream.range(0, read.size())
                    .filter(i -> EVERY_WAY || i % Way.values().length == way.ordinal()).mapToObj(read::get);
            Conversations.wanted(played).forEach(c -> all.add(DynamicTest.dynamicTest(way + ": " + c,
                    () -> ConversationPlayer.play(c, FakeNodeConversationTest::start))));
        }
        return all.stream();
    }
}
