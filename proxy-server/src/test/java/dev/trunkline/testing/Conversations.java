package dev.trunkline.testing;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The conversations under {@code src/test/resources/conversations}. */
final class Conversations {

    private Conversations() {}

    /**
     * All conversations of a folder's files, in order. A folder without any is an error. While one is worked on, {@code
     * -Dconversation=text} picks those whose file and name hold the text.
     */
    static Stream<Conversation> in(String folder) throws IOException {
        var all = new ArrayList<Conversation>();
        for (Path file : files(folder)) {
            all.addAll(ConversationReader.read(file));
        }
        if (all.isEmpty()) {
            throw new IllegalStateException("no conversations in " + folder);
        }
        return wanted(all.stream());
    }

    /** Those that {@code -Dconversation=text} picks. */
    static Stream<Conversation> wanted(Stream<Conversation> all) {
        String wanted = System.getProperty("conversation", "");
        return all.filter(c -> c.toString().contains(wanted));
    }

    static List<Path> files(String folder) throws IOException {
        try (Stream<Path> paths = Files.list(path(folder))) {
            return paths.filter(p -> p.toString().endsWith(".txt")).sorted().toList();
        }
    }

    private static Path path(String folder) {
        URL url = Conversations.class.getResource("/conversations/" + folder);
        if (url == null) {
            throw new IllegalStateException("no folder of conversations: " + folder);
        }
        try {
            return Path.of(new URI(url.toString()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
