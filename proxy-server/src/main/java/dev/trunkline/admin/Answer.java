package dev.trunkline.admin;

import java.util.List;

/** What a statement answers: rows, and the tag of its CommandComplete. */
record Answer(List<List<Object>> rows, String tag) {

    static Answer done(String tag) {
        return new Answer(List.of(), tag);
    }

    static Answer rows(List<List<Object>> rows) {
        return new Answer(rows, "SHOW");
    }
}
