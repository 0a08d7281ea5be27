package dev.trunkline.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every key says when a change of it holds, and what differs between two readings of a file is found. */
class ChangeableTest {

    private static final String FILE = """
            databases:
              d:
                nodes:
                  a: { primary: 127.0.0.1:1, user: u, password: geheim }
                  b: { primary: 127.0.0.1:2, replicas: [127.0.0.1:3, 127.0.0.1:4] }
                shardMap: { a: "0-99,200", b: "100-199,201-255" }
                tables:
                  t: { shardKey: [x, y] }
                  r: { reference: true }
                  o: { node: b, fanOut: reject }
                functions: { f: key(2), g: refuse }
            users:
              u: { password: geheim, admin: full, databases: [d], pool: { size: 3 } }
            """;

    private static Configuration parse(String text) throws ConfigurationException {
        return Configuration.parse("f.yaml", text, name -> null);
    }

    @Test
    void everyKeySaysWhenAChangeHolds() {
        for (KeyFact key : Configuration.keys()) {
            assertNotNull(Changeable.of(key.path()), key.path());
        }
        assertThrows(IllegalArgumentException.class, () -> Changeable.of("databases.*.newKey"));
    }

    @Test
    void theListHasEveryValueAndNoSecret() throws ConfigurationException {
        var settings = parse(FILE).settings();
        assertEquals("0-99,200", settings.get("databases.d.shardMap.a").text());
        assertEquals("100-199,201-255", settings.get("databases.d.shardMap.b").text());
        assertEquals("x, y", settings.get("databases.d.tables.t.shardKey").text());
        assertEquals("key(2)", settings.get("databases.d.functions.f").text());
        assertEquals("127.0.0.1:3, 127.0.0.1:4", settings.get("databases.d.nodes.b.replicas").text());
        assertEquals("30s", settings.get("limits.drainTimeout").text());
        assertEquals("256MB", settings.get("limits.messageSize").text());
        assertEquals("oncePerSession", settings.get("databases.d.fanOutWarning").text());
        assertEquals("***", settings.get("users.u.password").text());
        assertFalse(settings.toString().contains("geheim"));
        Set<String> patterns = Configuration.keys().stream().map(KeyFact::path).collect(Collectors.toSet());
        settings.values().forEach(s -> assertTrue(patterns.contains(s.pattern())
                || s.pattern().equals("databases.*.nodes"), s.pattern()));
    }

    @Test
    void whatDiffersIsFound() throws ConfigurationException {
        Configuration older = parse(FILE);
        assertEquals(List.of(), ConfigurationChange.between(older, parse(FILE + "# a comment\n")));
        assertEquals(List.of("users.u.password: *** -> *** RELOAD"), changes(older,
                FILE.replace("u: { password: geheim", "u: { password: anders")));
        assertEquals(List.of("databases.d.nodes: a, b -> b, a NEVER"),
                changes(older, FILE.replace("      a: { primary: 127.0.0.1:1, user: u, password: geheim }\n", "")
                        .replace("    shardMap",
                                "      a: { primary: 127.0.0.1:1, user: u, password: geheim }\n    shardMap")));
        assertEquals(List.of("databases.e: (nothing) -> served RESTART"), changes(older,
                FILE.replace("users:", "  e: { nodes: { a: { primary: 127.0.0.1:9 } } }\nusers:")));
        assertEquals(List.of("databases.d.tables.o.node: b -> (nothing) NEVER",
                "databases.d.tables.o.fanOut: reject -> (nothing) RELOAD"),
                changes(older, FILE.replace("      o: { node: b, fanOut: reject }\n", "")));
    }

    private static List<String> changes(Configuration older, String text) throws ConfigurationException {
        return ConfigurationChange.between(older, parse(text)).stream().map(c -> c + " " + c.changeable()).toList();
    }
}
