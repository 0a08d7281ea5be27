package dev.trunkline.admin;

import dev.trunkline.session.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/** Asks every event loop for what it alone may look at. Nobody waits: the answer comes when the last loop has spoken. */
record Loops(List<Worker> workers) {

    Loops {
        workers = List.copyOf(workers);
    }

    /** What each worker says, in the workers' order; on whichever loop is last. */
    <T> CompletionStage<List<T>> ask(Function<Worker, T> question) {
        List<CompletableFuture<T>> answers = new ArrayList<>();
        for (Worker worker : workers) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            answers.add(answer);
            worker.loop().execute(() -> {
                try {
                    answer.complete(question.apply(worker));
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> answers.stream().map(CompletableFuture::join).toList());
    }

    /** Has every worker do something on its loop. */
    CompletionStage<Void> tell(Consumer<Worker> task) {
        return ask(worker -> {
            task.accept(worker);
            return worker;
        }).thenApply(done -> null);
    }
}
