package dev.trunkline.testing;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One conversation between clients, the proxy and its nodes, as a file tells it. {@link ConversationReader} has the form.
 *
 * @param nodes   how many fake nodes it needs
 * @param oneNode not played over several nodes
 * @param options what the proxy is to be started with
 */
record Conversation(Path file, int line, String name, int nodes, boolean oneNode, Map<String, String> options,
        List<Step> steps) {

    /** {@code C}, {@code C2}, {@code N1}, {@code N1b}: a client, or a node's connection. */
    record Actor(boolean client, int number, String label) {

        @Override
        public String toString() {
            return client ? "C" + (number == 1 ? "" : number) : "N" + number + label;
        }
    }

    /** What one line says. */
    sealed interface Step {

        int line();

        /** {@code C> ...}: sends a message or raw bytes, in pieces cut at these offsets; -1 alone stands for every byte. */
        record Send(int line, Actor actor, byte[] bytes, List<Integer> cuts) implements Step {}

        /** {@code C< ...}: the next message must fit; with {@code skip}, the next that fits is waited for. */
        record Receive(int line, Actor actor, Shape pattern, boolean skip) implements Step {}

        /** {@code C< byte N}: one byte that is no message. */
        record ReceiveByte(int line, Actor actor, char expected) implements Step {}

        /** {@code C< eof}: the other side has closed. */
        record End(int line, Actor actor) implements Step {}

        /** {@code C< nothing 200}: no message comes for so many milliseconds. */
        record Nothing(int line, Actor actor, int millis) implements Step {}

        /** {@code C> close}, {@code C> reset}: hangs up. */
        record HangUp(int line, Actor actor, boolean reset) implements Step {}

        /** {@code C connect}: a connection without login. */
        record Connect(int line, Actor actor) implements Step {}

        /** {@code C login user="x" password="y"}: a connection with login, other than the default one. */
        record LogIn(int line, Actor actor, Shape parameters) implements Step {}

        /** {@code C cancel}: asks over a connection of its own to cancel what this client does. */
        record Cancel(int line, Actor actor) implements Step {}

        /** {@code C waits}: this client, and no other, waits for a connection to a node. */
        record Waits(int line, Actor actor) implements Step {}

        /** {@code N1 down}, {@code N1 up}. */
        record Power(int line, Actor actor, boolean up) implements Step {}

        /** {@code N1 scripted}: the startup packet arrives as a message. */
        record ScriptStartup(int line, Actor actor) implements Step {}

        /** {@code pause 50}: milliseconds; only where the passing of time is what is tested. */
        record Pause(int line, int millis) implements Step {}
    }

    @Override
    public String toString() {
        return file.getFileName() + ":" + line + " " + name;
    }
}
