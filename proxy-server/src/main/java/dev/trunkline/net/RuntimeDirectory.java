package dev.trunkline.net;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * The directory in which the processes of a port find each other: it belongs to our user alone, since whoever may write there
 * may pose as one of us. Has a lock that one process at a time holds. For one thread.
 */
final class RuntimeDirectory {

    private static final String LOCK = "lock";
    /** The system's locks are those of a process: servers within this one exclude each other by these. */
    private static final Map<Path, Semaphore> WITHIN_PROCESS = new ConcurrentHashMap<>();

    private final Path path;
    private final Semaphore within;
    private FileChannel file;
    private FileLock lock;

    private RuntimeDirectory(Path path) {
        this.path = path;
        this.within = WITHIN_PROCESS.computeIfAbsent(path, p -> new Semaphore(1));
    }

    /**
     * @param configured null for the default
     * @throws IOException if the directory can't be made, or others than our user may write there
     */
    static RuntimeDirectory open(String configured) throws IOException {
        Path path = (configured == null
                ? Path.of(System.getProperty("java.io.tmpdir"), "trunkline-" + System.getProperty("user.name"))
                : Path.of(configured)).toAbsolutePath().normalize();
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path.getParent());
            Files.createDirectory(path,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Set<PosixFilePermission> granted = Files.getPosixFilePermissions(path);
        if (granted.contains(PosixFilePermission.GROUP_WRITE) || granted.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    path + " can be written to by others: set its mode to 0700 (listen.runtimeDirectory)");
        }
        RuntimeDirectory directory = new RuntimeDirectory(path);
        directory.lock();
        try {
            if (!Files.getOwner(path.resolve(LOCK)).equals(Files.getOwner(path))) {
                throw new IOException(path + " belongs to another user (listen.runtimeDirectory)");
            }
        } finally {
            directory.unlock();
        }
        return directory;
    }

    Path path() {
        return path;
    }

    /** Waits until nobody else has the lock. */
    void lock() throws IOException {
        within.acquireUninterruptibly();
        try {
            file = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = file.lock();
        } catch (IOException | RuntimeException e) {
            within.release();
            throw e;
        }
    }

    /** Lets go of the lock, if it is held. */
    void unlock() {
        if (lock == null) {
            return;
        }
        lock = null;
        try {
            file.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            within.release();
        }
    }
}
