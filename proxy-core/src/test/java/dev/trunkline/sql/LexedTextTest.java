package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

/** The splitter of multi-statement strings (rule 17). */
class LexedTextTest {

    private final LexedText text = new LexedText();

    private List<String> split(String sql) {
        byte[] bytes = ("<<" + sql + ">>").getBytes(StandardCharsets.UTF_8);
        text.lex(bytes, 2, bytes.length - 4, true);
        List<String> statements = new ArrayList<>();
        for (int i = 0; i < text.statementCount(); i++) {
            statements.add(new String(bytes, text.statementStart(i), text.statementEnd(i) - text.statementStart(i),
                    StandardCharsets.UTF_8));
        }
        assertFalse(text.failed());
        return statements;
    }

    @Test
    void emptyStatementsDoNotCount() {
        assertEquals(List.of(), split(""));
        assertEquals(List.of(), split(" ; /* nothing */ ;; -- here"));
        assertEquals(List.of("select 1"), split("select 1;"));
        assertEquals(List.of("select 1", "select ';'"), split(" select 1 ;; select ';' ; "));
    }

    @Test
    void commentsStayWithTheirStatement() {
        assertEquals(List.of("/* a */ select 1 /* b */", "-- c\nselect 2"),
                split("/* a */ select 1 /* b */; -- c\nselect 2"));
    }

    @Test
    void bodiesOfFunctionsAreOne() {
        String function = """
                create or replace function f(a int) returns int language sql
                begin atomic
                  update t set x = case when a > 1 then 2 else 3 end;
                  select t.end as end from t;
                  select 1;
                end""";
        assertEquals(List.of(function, "select 1"), split(function + "; select 1"));
        String empty = "CREATE PROCEDURE p() BEGIN ATOMIC END";
        assertEquals(List.of(empty, "end"), split(empty + ";end"));
    }

    @Test
    void onlyCreateHasBodies() {
        assertEquals(List.of("begin", "select 1", "end"), split("begin; select 1; end"));
        assertEquals(List.of("select begin atomic", "end"), split("select begin atomic; end"));
    }

    @Test
    void rulesWithSeveralActionsAreOne() {
        String rule = "create rule r as on insert to t do also (insert into u values (1); delete from v)";
        assertEquals(List.of(rule, "select 1"), split(rule + ";select 1"));
    }

    @Test
    void manyStatementsGrowTheArrays() {
        assertEquals(1000, split("select 1;".repeat(1000)).size());
        assertEquals(List.of("select 2"), split("select 2"));
    }
}
