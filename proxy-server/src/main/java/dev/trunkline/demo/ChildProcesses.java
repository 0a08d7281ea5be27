package dev.trunkline.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts processes from one thread that lives as long as the JVM.
 *
 * <p>Linux tells a child of its parent's death when the <em>thread</em> that started it ends, not the process
 * (prctl(2), PR_SET_PDEATHSIG): a server started by a worker thread would be shut down as soon as that thread is done.
 */
final class ChildProcesses {

    private static final ExecutorService STARTER = Executors
            .newSingleThreadExecutor(Thread.ofPlatform().name("process-starter").daemon().factory());

    private ChildProcesses() {}

    static Process start(ProcessBuilder builder) throws IOException {
        try {
            return STARTER.submit(builder::start).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting " + builder.command().getFirst(), e);
        }
    }

    /** What a short command printed, standard error included; null when it can't be run or fails. */
    static String outputOf(List<String> command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectInput(new java.io.File("/dev/null")).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? output : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** Sends a signal by the shell's own {@code kill}: small images have no such program. True when it was delivered. */
    static boolean signal(long pid, String name) throws InterruptedException {
        return outputOf(List.of("/bin/sh", "-c", "kill -" + name + " \"$0\"", Long.toString(pid))) != null;
    }
}
