package dev.trunkline.node;

import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** The nodes of one database, asked once and side by side: their schemas, and why others have none. Keeps its connections. */
public final class NodeSurvey implements AutoCloseable {

    private final Map<Integer, ControlPool> pools = new LinkedHashMap<>();
    private final Map<Integer, NodeSchema> schemas = new TreeMap<>();
    private final Map<NodeConfig, String> unreachable = new LinkedHashMap<>();

    private NodeSurvey() {}

    /** Asks every node, and waits until each has answered or failed. */
    public static NodeSurvey of(Configuration configuration, DatabaseConfig database) {
        NodeSurvey survey = new NodeSurvey();
        Map<NodeConfig, CompletableFuture<NodeSchema>> asked = new LinkedHashMap<>();
        for (NodeConfig node : database.nodes()) {
            ControlPool pool = new ControlPool(database.name(), node, configuration.controlLogin(database, node));
            survey.pools.put(node.index(), pool);
            asked.put(node, schema(node, pool));
        }
        asked.forEach((node, answer) -> answer.handle((schema, failure) -> {
            if (failure == null) {
                survey.schemas.put(node.index(), schema);
            } else {
                survey.unreachable.put(node,
                        failure instanceof Exception e ? NodeWatch.reason(e) : failure.toString());
            }
            return null;
        }).join());
        return survey;
    }

    private static CompletableFuture<NodeSchema> schema(NodeConfig node, ControlPool pool) {
        CompletableFuture<NodeSchema> answer = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("survey-" + node.name()).start(() -> {
            try (Connection connection = pool.freshConnection()) {
                answer.complete(SchemaDiscovery.read(connection, Map.of()));
            } catch (SQLException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** What the nodes that answered have, by the index of the node. */
    public Map<Integer, NodeSchema> schemas() {
        return schemas;
    }

    /** The nodes that can't be asked, in the file's order, and why. */
    public Map<NodeConfig, String> unreachable() {
        return unreachable;
    }

    ControlPool pool(int node) {
        return pools.get(node);
    }

    @Override
    public void close() {
        pools.values().forEach(ControlPool::close);
    }
}
