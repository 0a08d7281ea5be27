package dev.trunkline.catalog;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The schema of one node, as its system catalogs have it. Two equal ones make the same catalog, so nothing is in here that
 * changes without DDL.
 *
 * @param builtInFunctions
 *            the functions of {@code pg_catalog} and {@code information_schema}, by name
 * @param reported
 *            the settings that the node reports when a client logs in (ParameterStatus)
 */
public record NodeSchema(ServerFacts server, Map<RelationName, RelationFacts> relationsByName,
        List<UserFunction> functions,
        List<UserType> types, List<FunctionFacts> builtInFunctions, List<RelationName> systemRelations,
        Map<String, String> reported, UnnamedCalls unnamedCalls) {

    /**
     * Functions of the user's that run where no statement names them, by {@link UserFunction#id}.
     *
     * @param anywhere
     *            those of operators, casts, operator classes and domains, each with what it belongs to, in PostgreSQL's words
     * @param byDdl
     *            those of event triggers
     */
    public record UnnamedCalls(Map<String, List<String>> anywhere, Set<String> byDdl) {

        public static final UnnamedCalls NONE = new UnnamedCalls(Map.of(), Set.of());

        public UnnamedCalls {
            anywhere = Map.copyOf(anywhere);
            byDdl = Set.copyOf(byDdl);
        }
    }

    /**
     * {@code versionNumber} is {@code server_version_num}. {@code identity} is the same for the same database of the same
     * running server only, or empty if it can't be read: copies of a server share their system identifier.
     * {@code standby}: it replays another server's log and can't be written to.
     */
    public record ServerFacts(int versionNumber, String version, String encoding, boolean standby, String identity) {

        public int major() {
            return versionNumber / 10_000;
        }
    }

    public NodeSchema {
        relationsByName = Collections.unmodifiableMap(new LinkedHashMap<>(relationsByName));
        functions = List.copyOf(functions);
        types = List.copyOf(types);
        builtInFunctions = List.copyOf(builtInFunctions);
        systemRelations = List.copyOf(systemRelations);
        reported = Map.copyOf(reported);
    }

    /** Whether the other makes the same catalog: a restart changes nothing but the identity. */
    public boolean sameBesidesIdentity(NodeSchema other) {
        ServerFacts there = other.server;
        ServerFacts here = new ServerFacts(server.versionNumber, server.version, server.encoding, server.standby,
                there.identity);
        return other.equals(
                new NodeSchema(here, relationsByName, functions, types, builtInFunctions, systemRelations, reported,
                        unnamedCalls));
    }

    public Collection<RelationFacts> relations() {
        return relationsByName.values();
    }

    /** The relation of this name, or null. */
    public RelationFacts relation(RelationName name) {
        return relationsByName.get(name);
    }
}
