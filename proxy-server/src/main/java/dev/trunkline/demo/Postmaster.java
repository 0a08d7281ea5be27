package dev.trunkline.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The main process of a server, found by the {@code postmaster.pid} in its data directory. */
record Postmaster(ProcessHandle process) {

    private static final Duration FAST_SHUTDOWN = Duration.ofSeconds(30);

    /** The live server of a data directory, empty when there is none. */
    static Optional<Postmaster> of(Path dataDirectory) throws IOException {
        Path file = dataDirectory.resolve("postmaster.pid");
        List<String> lines;
        try {
            // Asked for any path: of what else a killed run left, too.
            lines = Files.isRegularFile(file) ? Files.readAllLines(file) : List.of();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (lines.size() < 2 || !lines.get(0).strip().matches("\\d+")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.get(0).strip())).filter(p -> isServer(p)).map(Postmaster::new);
    }

    /** The id may have been given to somebody else since: only a PostgreSQL server counts. */
    private static boolean isServer(ProcessHandle process) {
        return process.isAlive() && process.info().command().map(c -> c.endsWith("/postgres")).orElse(false);
    }

    /** Ends the server that a killed run left in a directory, if there is one. */
    static void stopOrphan(Path dataDirectory) throws IOException, InterruptedException {
        Optional<Postmaster> orphan = of(dataDirectory);
        if (orphan.isPresent()) {
            orphan.get().stop();
        }
    }

    /** Fast shutdown: sessions are ended, everything is written. Harder means follow when it takes too long. */
    void stop() throws InterruptedException {
        stop(List.of("INT", "QUIT", "KILL"));
    }

    /** Immediate shutdown: nothing is written, for data that are about to be deleted. */
    void stopWithoutWriting() throws InterruptedException {
        stop(List.of("QUIT", "KILL"));
    }

    private void stop(List<String> signals) throws InterruptedException {
        for (String signal : signals) {
            ChildProcesses.signal(process.pid(), signal);
            if (ended(FAST_SHUTDOWN)) {
                return;
            }
        }
    }

    /** As a crash of the machine's memory would: the server's other processes notice and end by themselves. */
    void kill() throws InterruptedException {
        List<ProcessHandle> children = process.children().toList();
        ChildProcesses.signal(process.pid(), "KILL");
        ended(FAST_SHUTDOWN);
        for (ProcessHandle child : children) {
            new Postmaster(child).ended(FAST_SHUTDOWN);
        }
    }

    private boolean ended(Duration within) throws InterruptedException {
        try {
            process.onExit().get(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
