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
        List<Path> files;
        try (Stream<Path> paths = Files.list(path(folder))) {
            files = paths.filter(p -> p.toString().endsWith(".txt")).sorted().toList();
        }
        var all = new ArrayList<Conversation>();
        for (Path file : files) {
            all.addAll(ConversationReader.read(file));
        }
        if (all.isEmpty()) {
            throw new IllegalStateException("no conversations in " + folder);
        }
        String wanted = System.getProperty("conversation", "");
        return all.stream().filter(c -> c.toString().contains(wanted));
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
