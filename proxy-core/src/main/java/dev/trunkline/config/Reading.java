package dev.trunkline.config;

import java.util.ArrayList;
import java.util.List;

/**
 * One reading of a file: its problems, its environment, and the keys that were asked for. A reading that is listing gets an
 * empty file and pretends that every group of sections has one member, so that every key is asked for.
 */
record Reading(Problems problems, Environment environment, boolean listing, List<KeyFact> keys) {

    static Reading of(Problems problems, Environment environment) {
        return new Reading(problems, environment, false, new ArrayList<>());
    }

    static Reading ofAllKeys() {
        return new Reading(new Problems(""), new Environment(name -> null), true, new ArrayList<>());
    }

    void know(String pattern, String type, String defaultText) {
        if (listing) {
            keys.add(new KeyFact(pattern, type, defaultText));
        }
    }
}
