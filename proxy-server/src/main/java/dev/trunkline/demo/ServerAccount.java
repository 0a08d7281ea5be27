package dev.trunkline.demo;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * As whom a PostgreSQL server runs: as the current user, or, as PostgreSQL refuses to run as root, as {@code nobody} by the
 * first means that works here. The command's prefix ends in an exec, so that the process we start is the server itself
 * wherever the means allow it.
 *
 * @param prefix words before the server's command
 * @param uid owner of the data directory, -1: whoever creates it
 */
record ServerAccount(List<String> prefix, int uid, int gid) {

    /**
     * Finds out how a program can be run here.
     *
     * @param program a file that the account has to be able to execute
     */
    static ServerAccount forProgram(Path program) throws IOException, InterruptedException {
        if (new UnixSystem().getUid() != 0) {
            ServerAccount bound = new ServerAccount(List.of("setpriv", "--pdeathsig", "INT"), -1, -1);
            ServerAccount plain = new ServerAccount(List.of(), -1, -1);
            return bound.canRun(program) ? bound : plain;
        }
        for (ServerAccount way : waysOfRoot()) {
            if (way.canRun(program)) {
                return way;
            }
        }
        throw new IOException("PostgreSQL refuses to run as root, and none of setpriv, runuser, su and unshare can run "
                + program + " as another user here; start this command as a normal user");
    }

    /** The means that may be there, the best first. */
    static List<ServerAccount> waysOfRoot() throws InterruptedException {
        int uid = idOfNobody("-u");
        int gid = idOfNobody("-g");
        return List.of(
                new ServerAccount(List.of("setpriv", "--pdeathsig", "INT", "--reuid=" + uid, "--regid=" + gid,
                        "--clear-groups", "--reset-env"), uid, gid),
                new ServerAccount(
                        List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--reset-env"),
                        uid, gid),
                new ServerAccount(List.of("runuser", "-u", "nobody", "--"), uid, gid),
                new ServerAccount(List.of("su", "nobody", "-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", "--"), uid, gid),
                // Inside a user namespace without a map root's files still belong to the server.
                new ServerAccount(List.of("unshare", "-U"), -1, -1));
    }

    private static int idOfNobody(String option) throws InterruptedException {
        String id = ChildProcesses.outputOf(List.of("id", option, "nobody"));
        return id == null ? 65534 : Integer.parseInt(id.strip());
    }

    boolean canRun(Path program) throws InterruptedException {
        String script = "test -x '" + program + "' && id -u";
        String id = ChildProcesses.outputOf(command(List.of("/bin/sh", "-c", script)));
        return id != null && !id.strip().equals("0");
    }

    List<String> command(List<String> program) {
        return Stream.concat(prefix.stream(), program.stream()).toList();
    }

    /** A server gets a session of its own where that is possible: Ctrl-C is for us, and we stop the nodes last. */
    List<String> serverCommand(List<String> program) throws InterruptedException {
        List<String> words = new ArrayList<>();
        boolean diesWithUs = prefix.contains("--pdeathsig");
        if (diesWithUs && ChildProcesses.outputOf(List.of("setsid", "true")) != null) {
            words.add("setsid");
        }
        words.addAll(command(program));
        return words;
    }

    /** Makes the account the owner of a file. */
    void give(Path file) throws IOException {
        if (uid >= 0) {
            Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        }
    }
}
