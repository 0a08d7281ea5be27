package dev.trunkline.sql;

import java.util.List;

/** The identifiers of a statement, folded as PostgreSQL does, whatever they mean in it. */
public final class Identifiers {

    private Identifiers() {}

    public static List<String> of(String sql, boolean standardConformingStrings) {
        return new TokenList(sql, standardConformingStrings).names();
    }
}
