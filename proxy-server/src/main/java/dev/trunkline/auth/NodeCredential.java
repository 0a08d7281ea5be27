package dev.trunkline.auth;

import dev.trunkline.wire.Bytes;

/** How the proxy logs in to nodes as a user. */
public sealed interface NodeCredential {

    String user();

    /** No password: the nodes must trust. */
    record None(String user) implements NodeCredential {}

    /** The keys that a client's proof gave away; good for nodes whose verifier is the one that the client was checked by. */
    record Keys(String user, ScramKeys keys) implements NodeCredential {

        @Override
        public String toString() {
            return "Keys[" + user + "]";
        }
    }

    /**
     * A password. Shared by all connections of a pool: it remembers the keys of the last salt that a node asked for, since
     * deriving them costs some milliseconds of an event loop. A node keeps its salt until the password is set again.
     */
    final class Password implements NodeCredential {

        private record Derived(Bytes salt, int iterations, ScramKeys keys) {}

        private final String user;
        private final String password;
        private volatile Derived[] derived = {};

        /** As many nodes as commonly share a user; more of them derive anew now and then. */
        private static final int REMEMBERED = 64;

        public Password(String user, String password) {
            this.user = user;
            this.password = password;
        }

        @Override
        public String user() {
            return user;
        }

        String password() {
            return password;
        }

        ScramKeys keys(Bytes salt, int iterations) {
            Derived[] known = derived;
            for (Derived d : known) {
                if (d.iterations == iterations && d.salt.equals(salt)) {
                    return d.keys;
                }
            }
            var made = new Derived(salt, iterations, ScramKeys.derive(password, salt.array(), iterations));
            var more = new Derived[Math.min(known.length + 1, REMEMBERED)];
            more[0] = made;
            // Two event loops may lose each other's entry here; it is derived again then.
            System.arraycopy(known, 0, more, 1, more.length - 1);
            derived = more;
            return made.keys;
        }

        @Override
        public String toString() {
            return "Password[" + user + "]";
        }
    }
}
