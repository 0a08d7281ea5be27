package dev.trunkline.value;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.TestNodes;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The names of types' OIDs are those of pg_type. */
class PgOidNodeTest {

    /** What is no type of PostgreSQL. */
    private static final Set<String> LIMITS = Set.of("UNSPECIFIED", "FIRST_USER_DEFINED");

    @Test
    void everyNameMeansThatTypeAtANode() throws Exception {
        Map<String, Integer> ours = new TreeMap<>();
        for (Field field : PgOid.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && !LIMITS.contains(field.getName())) {
                String name = field.getName().toLowerCase(Locale.ROOT);
                ours.put(name.endsWith("_array") ? "_" + name.replace("_array", "") : name, field.getInt(null));
            }
        }
        Map<String, Integer> theirs = new TreeMap<>();
        try (Connection node = TestNodes.node(0).connect("postgres");
                Statement statement = node.createStatement();
                ResultSet type = statement.executeQuery(
                        "SELECT typname, oid::int FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace")) {
            while (type.next()) {
                theirs.put(type.getString(1), type.getInt(2));
            }
        }
        theirs.keySet().retainAll(ours.keySet());
        assertEquals(theirs, ours);
    }
}
