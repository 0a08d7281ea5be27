package dev.trunkline.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A node's {@code pg_hba.conf}. */
final class HostBasedAccess {

    private HostBasedAccess() {}

    static void write(Path dataDirectory, NodeOptions.Authentication authentication, ServerAccount owner)
            throws IOException {
        String method = switch (authentication) {
            case TRUST -> "trust";
            case SCRAM -> "scram-sha-256";
        };
        Path file = dataDirectory.resolve("pg_hba.conf");
        Files.writeString(file, """
                # Written at each start of the node.
                host all         all 127.0.0.1/32 %1$s
                host replication all 127.0.0.1/32 %1$s
                """.formatted(method));
        owner.give(file);
    }
}
