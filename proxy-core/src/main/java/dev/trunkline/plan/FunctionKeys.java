package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.sql.Expr;
import dev.trunkline.value.HashClass;
import dev.trunkline.value.KeyConversion;
import dev.trunkline.value.KeyType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The keys that calls give as arguments, for functions of which {@code functions:} says {@code key(n)}: they run where the
 * rows of that key are, as a write of it would.
 */
final class FunctionKeys {

    private FunctionKeys() {}

    /**
     * The keys of the calls in a statement.
     *
     * @throws ProxyException
     *             TL003 for an argument that is no plain value, TL002 where it can't be told which tables' key it is
     */
    static List<KeyRule> of(FunctionRules functions, StatementFacts facts, Catalog catalog) {
        List<KeyRule> keys = new ArrayList<>();
        functions.keyed().forEach(keyed -> keys.add(facts.withTypes(
                of(keyed.call(), keyed.key(),
                        facts.tables().stream().map(RowSource::sharded).filter(sharded -> sharded != null)
                                .toList(),
                        catalog))));
        return keys;
    }

    /** The key of one call; {@code tables} are the statement's, which may be none. */
    static KeyRule of(Expr.Function call, FunctionRoute.Key key, List<Distribution.Sharded> tables, Catalog catalog) {
        String name = call.name().last();
        String argument = "argument " + key.argument() + " of " + name;
        if (call.arguments().size() < key.argument()) {
            throw ProxyError.SHARD_KEY_NOT_KNOWN.with("is to be " + argument + ", which is not given",
                    "Give the key as a plain literal or parameter.").withPosition(call.span().start() + 1);
        }
        Expr value = call.arguments().get(key.argument() - 1);
        if (!KeyRule.isPlain(value)) {
            throw ProxyError.SHARD_KEY_NOT_KNOWN.with("in " + argument + " is no plain value",
                    "Give the key as a plain literal or parameter.").withPosition(value.span().start() + 1);
        }
        return KeyRule.argument(name + "()", "argument " + key.argument(),
                place(name, KeyRule.typeOf(value), tables, catalog), value);
    }

    /** The keys that the argument is one of: the statement's, or those of all tables, if they are placed alike. */
    private static Distribution.Sharded place(String name, int typeOid, List<Distribution.Sharded> tables,
            Catalog catalog) {
        List<Distribution.Sharded> candidates = new ArrayList<>(tables);
        if (candidates.isEmpty()) {
            catalog.relations().forEach(relation -> {
                if (relation.distribution() instanceof Distribution.Sharded sharded) {
                    candidates.add(sharded);
                }
            });
        }
        // A value with a type of its own is a key of that type's tables.
        candidates.removeIf(sharded -> sharded.key().size() != 1
                || KeyConversion.comparison(type(sharded), typeOid) != KeyConversion.Comparison.SAME_HASH);
        // Whatever is read as the widest integer is read as a narrower one, if it fits.
        candidates.sort(Comparator.comparing((Distribution.Sharded sharded) -> type(sharded)).reversed());
        boolean alike = !candidates.isEmpty() && candidates.stream().allMatch(other -> hashClass(other) == hashClass(
                candidates.getFirst()) && other.placement().equals(candidates.getFirst().placement()));
        if (!alike) {
            throw ProxyError.NOT_OVER_NODES.with("the function " + name
                    + ", whose argument could be a key of tables that are placed in different ways,",
                    "Have a table of the key's group in the statement, or name the node in a routing hint.");
        }
        return candidates.getFirst();
    }

    private static KeyType type(Distribution.Sharded sharded) {
        return sharded.key().getFirst().type().type();
    }

    private static HashClass hashClass(Distribution.Sharded sharded) {
        return type(sharded).hashClass();
    }
}
