package dev.trunkline.demo;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A directory for one run's data, deleted at the end of it, or, when the run was killed, by the next run of the same user.
 *
 * <p>Each has a note in the cache folder: a file with the directory's path, locked for as long as the run lives. A note that
 * can be locked belongs to a dead run, whatever has become of its process id.
 */
public final class ScratchDirectory implements AutoCloseable {

    /**
     * The notes of this process, guarded by {@link CacheFolder#exclusively}. They must not even be opened: closing any
     * descriptor of a file gives up all the locks that the process has on it (fcntl(2)), and another run would then take
     * the directory for a dead one's and stop its servers.
     */
    private static final Set<Path> OURS = new HashSet<>();

    private final CacheFolder cache;
    private final Path path;
    private final Path note;
    private final FileChannel lockedNote;
    private boolean closed;

    private ScratchDirectory(CacheFolder cache, Path path, Path note, FileChannel lockedNote) {
        this.cache = cache;
        this.path = path;
        this.note = note;
        this.lockedNote = lockedNote;
    }

    /** Makes a new one, and clears away what killed runs left: their servers first, then their files. */
    public static ScratchDirectory create() throws IOException, InterruptedException {
        CacheFolder cache = CacheFolder.ofUser();
        return cache.exclusively(() -> {
            clearAway(cache);
            Path path = Files.createTempDirectory("trunkline-");
            if (new UnixSystem().getUid() == 0) {
                // The servers run as another user and own their directories below this one.
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
            }
            Path note = cache.scratchNotes().resolve(path.getFileName() + ".run");
            FileChannel channel = FileChannel.open(note, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            Files.writeString(note, path + "\n");
            if (channel.tryLock() == null) {
                throw new IOException(note + " is locked by another process");
            }
            OURS.add(note);
            return new ScratchDirectory(cache, path, note, channel);
        });
    }

    private static void clearAway(CacheFolder cache) throws IOException, InterruptedException {
        List<Path> notes = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(cache.scratchNotes(), "*.run")) {
            files.forEach(notes::add);
        }
        notes.removeAll(OURS);
        for (Path note : notes) {
            try (FileChannel channel = FileChannel.open(note, StandardOpenOption.WRITE)) {
                if (channel.tryLock() == null) {
                    continue;
                }
                Path left = Path.of(Files.readString(note).strip());
                if (left.getFileName() != null && (left.getFileName() + ".run").equals(note.getFileName().toString())) {
                    clearAway(left);
                }
                Files.delete(note);
            }
        }
    }

    private static void clearAway(Path left) throws IOException, InterruptedException {
        if (!Files.isDirectory(left)) {
            return;
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(left, Files::isDirectory)) {
            for (Path child : children) {
                Postmaster.stopOrphan(child);
            }
        }
        FileTrees.delete(left);
    }

    public Path path() {
        return path;
    }

    /** Deletes the directory; its servers have to be stopped before. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        FileTrees.delete(path);
        try {
            cache.exclusively(() -> {
                lockedNote.close();
                OURS.remove(note);
                Files.deleteIfExists(note);
                return note;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
