package dev.trunkline.admin;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.config.ConfigurationChange;
import dev.trunkline.error.ProxyError;
import dev.trunkline.frontend.AdminAccess.Visitor;
import dev.trunkline.frontend.ClientConnection;
import dev.trunkline.pool.Pool;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what an operator orders. */
final class Commands {

    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    /** How often a pause looks whether everybody is done. */
    private static final int LOOK_MILLIS = 10;

    /** What RELOAD answers. */
    static final List<Column> CHANGES = List.of(Column.text("key"), Column.text("before"), Column.text("after"),
            Column.text("outcome"));

    private final Served served;
    private final Loops loops;
    private final Reload reload;

    Commands(Served served, Loops loops, Reload reload) {
        this.served = served;
        this.loops = loops;
        this.reload = reload;
    }

    /**
     * Lets no new transaction begin, and is done when every connection has come back. The pause stays when the waiting is
     * cancelled.
     */
    CompletableFuture<Answer> pause(String database, EventLoop loop) {
        Collection<ServedDatabase> paused = served.databases(database);
        paused.forEach(d -> d.gate().pause());
        LOG.info("paused: {}", database == null ? "all databases" : database);
        CompletableFuture<Answer> done = new CompletableFuture<>();
        gateChanged(paused).thenRun(() -> awaitNoneLent(paused, Answer.done("PAUSE"), loop, done));
        return done;
    }

    private void awaitNoneLent(Collection<ServedDatabase> databases, Answer answer, EventLoop loop,
            CompletableFuture<Answer> done) {
        awaitNone(worker -> databases.stream().flatMap(d -> worker.pools(d).stream())
                .mapToInt(pool -> pool.status(System.nanoTime()).lent()).sum(), answer, loop, done);
    }

    /**
     * Is done when every connection is closed that is to be closed as soon as it is free. Those that are to be closed later on
     * are not waited for: under load there are always some.
     */
    CompletableFuture<Answer> waitClose(String database, EventLoop loop) {
        Collection<ServedDatabase> all = served.databases(database);
        CompletableFuture<Answer> done = new CompletableFuture<>();
        loops.ask(worker -> connections(worker, all, Pool::isOutdated)).whenComplete((lists, failure) -> {
            if (failure != null) {
                done.completeExceptionally(failure);
                return;
            }
            Set<BackendConnection> outdated = lists.stream().flatMap(List::stream).collect(Collectors.toSet());
            awaitNone(worker -> connections(worker, all, (pool, connection) -> outdated.contains(connection)).size(),
                    Answer.done("WAIT_CLOSE"), loop, done);
        });
        return done;
    }

    private static List<BackendConnection> connections(Worker worker, Collection<ServedDatabase> databases,
            BiPredicate<Pool, BackendConnection> which) {
        List<BackendConnection> found = new ArrayList<>();
        databases.forEach(d -> worker.pools(d).forEach(pool -> pool.connections().forEach(connection -> {
            if (which.test(pool, connection)) {
                found.add(connection);
            }
        })));
        return found;
    }

    /** Looks again and again how many of something each event loop has, until there are none or the waiting is cancelled. */
    private void awaitNone(Function<Worker, Integer> count, Answer answer, EventLoop loop,
            CompletableFuture<Answer> done) {
        loops.ask(count).whenComplete((counts, failure) -> {
            if (failure != null) {
                done.completeExceptionally(failure);
            } else if (counts.stream().allMatch(some -> some == 0)) {
                done.complete(answer);
            } else if (!done.isDone()) {
                loop.schedule(() -> awaitNone(count, answer, loop, done), LOOK_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    CompletionStage<Answer> resume(String database) {
        Collection<ServedDatabase> resumed = served.databases(database);
        resumed.forEach(d -> d.gate().resume());
        LOG.info("resumed: {}", database == null ? "all databases" : database);
        return gateChanged(resumed).thenApply(done -> Answer.done("RESUME"));
    }

    CompletionStage<Answer> reconnect(String database) {
        Collection<ServedDatabase> all = served.databases(database);
        long now = System.nanoTime();
        all.forEach(d -> d.gate().reconnect(now));
        LOG.info("reconnecting: {}", database == null ? "all databases" : database);
        return gateChanged(all).thenApply(done -> Answer.done("RECONNECT"));
    }

    private CompletionStage<Void> gateChanged(Collection<ServedDatabase> databases) {
        return loops.tell(worker -> databases.forEach(d -> worker.pools(d).forEach(Pool::gateChanged)));
    }

    CompletionStage<Answer> kill(int client, String by) {
        ClientConnection connection = served.clients().connection(client);
        if (connection == null) {
            throw ProxyError.INVALID_PARAMETER_VALUE.with("no client has the id " + client,
                    "SHOW CLIENTS lists the ids.");
        }
        LOG.info("client {} killed by {}", client, by);
        connection.dismiss(ProxyError.SHUTTING_DOWN.with());
        return CompletableFuture.completedStage(Answer.done("KILL"));
    }

    /** Pauses a database and ends all its clients. Is done when every connection is closed; whoever comes then waits. */
    CompletableFuture<Answer> kill(String database, Visitor by) {
        Collection<ServedDatabase> killed = served.databases(database);
        killed.forEach(d -> d.gate().pause());
        LOG.info("paused: {}, all its clients killed by {}", database, by.user());
        CompletableFuture<Answer> done = new CompletableFuture<>();
        gateChanged(killed).thenRun(() -> {
            served.clients().ofDatabase(database)
                    .forEach(client -> client.dismiss(ProxyError.SHUTTING_DOWN.with()));
            awaitNoneLent(killed, Answer.done("KILL"), by.loop(), done);
        });
        return done;
    }

    CompletionStage<Answer> reload() {
        return reload.reload().thenApply(changes -> new Answer(changes.stream().map(Commands::row).toList(), "RELOAD"));
    }

    private static List<Object> row(ConfigurationChange change) {
        return Arrays.asList(change.key(), change.before(), change.after(), switch (change.changeable()) {
            case RELOAD -> "applied";
            case RESTART -> "needs a restart";
            case NEVER -> "refused";
        });
    }
}
