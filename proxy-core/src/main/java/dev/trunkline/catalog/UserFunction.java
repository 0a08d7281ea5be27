package dev.trunkline.catalog;

import dev.trunkline.sql.RoutineSource.Traces;
import java.util.Set;

/**
 * A function of the user's on one node. {@code id} is its schema, name and argument types; {@code definition} differs when
 * anything of it does; {@code reads} are the relations that the server knows it to use; {@code words} are the identifiers in
 * its source, of which the server knows nothing; {@code calls} are the functions it is known to call; {@code traces} is what
 * its own source may leave on its connection; {@code draws}: its own source may take a number from a sequence; {@code sequenceCalls} is its
 * source if that may ask for one, otherwise empty.
 */
public record UserFunction(String id, String schema, FunctionFacts facts, String definition, Set<RelationName> reads,
        Set<String> words, Set<String> calls, Traces traces, boolean draws,
        String sequenceCalls) {

    public UserFunction {
        reads = Set.copyOf(reads);
        words = Set.copyOf(words);
        calls = Set.copyOf(calls);
    }
}
