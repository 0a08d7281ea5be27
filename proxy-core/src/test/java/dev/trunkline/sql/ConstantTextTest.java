package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConstantTextTest {

    @Test
    void knowsConstantsThatAreTheMomentAtWhichTheyAreRead() {
        for (String sql : List.of("select 'now'::timestamptz", "select timestamp 'ToDay 12:00'",
                "select '[yesterday,tomorrow)'::daterange", "select '{now}'::date[]", "select $$now$$::date",
                "select E'now'::date", "select $1, ' NOW '::date")) {
            check(sql, true, true);
        }
        for (String sql : List.of("select 'a'", "select now(), 'known', 'nowhere'", "select today from t where a = 'b'",
                "select 'now", "select $", "select $a$b$a$")) {
            check(sql, true, false);
        }
        check("select now(), $1, $23", false, false);
    }

    private static void check(String sql, boolean constants, boolean moment) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        assertEquals(constants, ConstantText.isIn(text), sql);
        assertEquals(moment, ConstantText.namesMoment(text, true), sql);
    }
}
