package dev.trunkline.demo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** What the demo suggests to try, and what each statement shows. */
final class FirstSteps {

    private final DemoNodes nodes;

    FirstSteps(DemoNodes nodes) {
        this.nodes = nodes;
    }

    /** A statement and what it shows. */
    record Step(String sql, String shows) {}

    List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step("SELECT * FROM customers WHERE id = 7;",
                "the hash of 7 names one node (" + nodeOf(7) + "): the statement and its rows pass through untouched"));
        steps.add(new Step("""
                SELECT o.id, o.status, i.product, i.quantity * i.price AS amount
                  FROM orders o JOIN order_items i ON i.customer_id = o.customer_id AND i.order_id = o.id
                  WHERE o.customer_id = 9 ORDER BY o.id, i.line;""",
                "a customer's orders lie beside the customer: joins and sorts on one node (" + nodeOf(9)
                        + ") are free"));
        steps.add(new Step(
                "BEGIN; UPDATE customers SET credit = credit + 10 WHERE id = 7; SELECT credit FROM customers WHERE id = 7; ROLLBACK;",
                "a transaction is sent to a node when its first statement names one"));
        if (nodes.count() > 1) {
            steps.add(new Step("SELECT count(*), sum(total) FROM orders WHERE status = 'new';",
                    "no key: all " + nodes.count()
                            + " nodes are asked, partial results combine exactly, and a WARNING says what it costs"));
            steps.add(new Step("SELECT * FROM customers ORDER BY credit DESC LIMIT 3;",
                    "each node sorts and sends its first three, and the sorted streams are merged"));
            steps.add(new Step("SELECT country, avg(credit) FROM customers GROUP BY country ORDER BY country LIMIT 3;",
                    "each node sends its groups' sums and counts; EXPLAIN shows how they are put together"));
            steps.add(new Step("UPDATE customers SET credit = 0;",
                    "a write to every node is refused with a hint, never silently broadcast"));
        }
        steps.add(new Step("INSERT INTO orders (customer_id, status) VALUES (7, 'new') RETURNING id;",
                "ids come from the node's own sequence, with a stride that keeps nodes apart"));
        steps.add(new Step(
                "SELECT c.name, k.name FROM customers c JOIN countries k ON k.code = c.country WHERE c.id = 7;",
                "countries is a reference table: every node has all of it"));
        steps.add(new Step("INSERT INTO audit_log (actor, action) VALUES ('me', 'looked around') RETURNING *;",
                "audit_log is not sharded: it lies whole on " + DemoNodes.name(0)));
        return steps;
    }

    private String nodeOf(long customer) {
        return DemoNodes.name(nodes.nodeOf(nodes.shop().virtualShardOf(customer)));
    }

    void print(PrintStream out, String host, int port, int monitoringPort) {
        String login = DemoNodes.USER + ":" + DemoNodes.PASSWORD + "@" + host + ":" + port + "/" + DemoNodes.DATABASE;
        out.println();
        out.println("Connect with any PostgreSQL client (JDBC: jdbc:postgresql://" + host + ":" + port + "/"
                + DemoNodes.DATABASE + "?user=" + DemoNodes.USER + "&password=" + DemoNodes.PASSWORD + "):");
        out.println();
        out.println("psql postgresql://" + login);
        out.println();
        out.println("and try");
        for (Step step : steps()) {
            out.println();
            step.sql().lines().forEach(line -> out.println("  " + line));
            out.println("      -- " + step.shows());
        }
        out.println();
        out.println("Metrics: http://" + host + ":" + monitoringPort + "/metrics   Ctrl-C stops everything.");
        out.println();
        out.flush();
    }
}
