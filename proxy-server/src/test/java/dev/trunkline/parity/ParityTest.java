package dev.trunkline.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.parity.Comparison.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every statement of the files answers through the proxy as on one plain PostgreSQL, or is refused as its file says. */
class ParityTest {

    static Stream<Arguments> nodesAndProtocols() {
        return Stream.of(1, 2, ParityDatabases.MAX_NODES)
                .flatMap(nodes -> Stream.of(Protocol.values()).map(protocol -> Arguments.of(nodes, protocol)));
    }

    @ParameterizedTest(name = "{0} nodes, {1}")
    @MethodSource("nodesAndProtocols")
    @Timeout(300)
    void answersAsOnePlainPostgres(int nodes, Protocol protocol) throws Exception {
        List<String> differences = new ArrayList<>();
        int ran = 0;
        int refused = 0;
        try (ParityProxy proxy = ParityProxy.start(nodes)) {
            for (StatementFile file : StatementFile.all()) {
                try (Comparison comparison = new Comparison(proxy.plainClient(), proxy.client(), protocol, nodes)) {
                    comparison.run(file);
                    ran += comparison.ran();
                    refused += comparison.refused();
                    differences.addAll(comparison.differences());
                }
            }
        }
        Path report = Path.of("target", "parity", nodes + "-" + protocol + ".txt");
        Files.createDirectories(report.getParent());
        Files.writeString(report, String.join("\n\n", differences));
        System.out.println(nodes + " nodes, " + protocol + ": " + ran + " statements, " + refused + " refused");
        assertTrue(differences.isEmpty(),
                () -> differences.size() + " differences\n" + String.join("\n\n", differences));
        assertTrue(ran > 400, ran + " statements");
        if (nodes == 1) {
            assertEquals(0, refused);
        } else {
            assertTrue(refused > 80, refused + " refusals");
        }
    }
}
