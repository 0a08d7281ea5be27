package dev.trunkline.route;

import dev.trunkline.error.ProxyError;
import dev.trunkline.value.KeyResult;
import java.util.BitSet;
import java.util.List;

/** Reads the values of a key from a statement's literals and parameters. */
final class KeyReader {

    private KeyReader() {}

    static KeyResult read(KeyRule rule, List<KeyValue> key, BoundValues values) {
        throw ProxyError.INTERNAL.with("keys are not read yet");
    }

    static boolean readAll(KeyRule rule, BoundValues values, BitSet shards) {
        throw ProxyError.INTERNAL.with("keys are not read yet");
    }
}
