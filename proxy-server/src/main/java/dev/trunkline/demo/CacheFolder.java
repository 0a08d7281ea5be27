package dev.trunkline.demo;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * The user's folder for what is worth keeping between runs: unpacked binaries, an initialised cluster to copy, and notes of
 * the scratch directories in use. {@code ~/.cache/trunkline}, for root {@code /var/cache/trunkline} (a node runs as another
 * user, who can't look into root's home); the system property {@code trunkline.cache} or the variable
 * {@code TRUNKLINE_CACHE} names another.
 */
record CacheFolder(Path path) {

    /** FileLock is held by the whole process: threads take this one first. */
    private static final Object IN_PROCESS = new Object();

    static CacheFolder ofUser() throws IOException {
        String chosen = System.getProperty("trunkline.cache", System.getenv("TRUNKLINE_CACHE"));
        if (chosen != null && !chosen.isBlank()) {
            return open(Path.of(chosen).toAbsolutePath());
        }
        IOException first = null;
        for (Path candidate : candidates()) {
            try {
                return open(candidate);
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        throw new IOException(
                "no folder to keep the PostgreSQL binaries in (" + first + "); name one by TRUNKLINE_CACHE",
                first);
    }

    private static List<Path> candidates() {
        UnixSystem user = new UnixSystem();
        Path fallback = Path.of(System.getProperty("java.io.tmpdir"), "trunkline-cache-" + user.getUid());
        if (user.getUid() == 0) {
            return List.of(Path.of("/var/cache/trunkline"), fallback);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path cache = xdg != null && xdg.startsWith("/")
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return List.of(cache.resolve("trunkline"), fallback);
    }

    /** Refuses a folder that somebody else could have prepared: what lies in it is going to be executed. */
    private static CacheFolder open(Path path) throws IOException {
        boolean root = new UnixSystem().getUid() == 0;
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path.getParent());
            try {
                Files.createDirectory(path,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (java.nio.file.FileAlreadyExistsException e) {
                // Another process was faster.
            }
        }
        Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals((int) new UnixSystem().getUid()) || mode.contains(PosixFilePermission.OTHERS_WRITE)
                || !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(path + " is not a folder that only the current user can write to");
        }
        if (root) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return new CacheFolder(path);
    }

    Path scratchNotes() throws IOException {
        return Files.createDirectories(path.resolve("scratch"));
    }

    /** Runs one thing at a time over all processes of the user. */
    <T> T exclusively(Work<T> work) throws IOException, InterruptedException {
        synchronized (IN_PROCESS) {
            try (FileChannel channel = FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE); FileLock lock = channel.lock()) {
                if (!lock.isValid()) {
                    throw new UncheckedIOException(new IOException("the lock of " + path + " was lost"));
                }
                return work.run();
            }
        }
    }

    /** What runs under the lock. */
    interface Work<T> {
        T run() throws IOException, InterruptedException;
    }
}
