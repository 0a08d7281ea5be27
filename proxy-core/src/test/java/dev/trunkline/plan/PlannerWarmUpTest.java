package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.trunkline.sql.SqlParser;
import dev.trunkline.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The warm-up takes the ways that clients' statements take. */
class PlannerWarmUpTest {

    @Test
    void itsStatementsAreUnderstoodButTheOneThatIsWrong() {
        List<String> statements = PlannerWarmUp.statements();
        SqlParser parser = new SqlParser();
        for (String statement : statements.subList(0, statements.size() - 1)) {
            assertFalse(parser.parse(statement) instanceof Statement.Unknown, statement);
        }
        assertInstanceOf(Statement.Unknown.class, parser.parse(statements.getLast()));
    }

    @Test
    void itEndsWhenItsThreadIsInterrupted() throws InterruptedException {
        Thread thread = Thread.ofPlatform().daemon().unstarted(PlannerWarmUp::run);
        thread.start();
        thread.interrupt();
        thread.join(30_000);
        assertEquals(Thread.State.TERMINATED, thread.getState());
    }
}
