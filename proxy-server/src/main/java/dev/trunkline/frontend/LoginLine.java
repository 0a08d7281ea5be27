package dev.trunkline.frontend;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Who may log in: so many clients at a time, whose passwords take the processor's time and whose bytes take memory. The others
 * wait in line and are served in turn, so that nobody is refused because everybody comes at once. Thread-safe.
 */
final class LoginLine {

    /** What a client hears when it comes. */
    enum Place {
        INSIDE,
        IN_LINE,
        /** The line is full, too. */
        NONE
    }

    private int mostInside;
    private int mostInLine;
    private int inside;
    private final LinkedHashSet<Runnable> line = new LinkedHashSet<>();

    LoginLine(int mostInside, int mostInLine) {
        this.mostInside = mostInside;
        this.mostInLine = mostInLine;
    }

    /** Other bounds from now on; nobody has to go. */
    void bounds(int newInside, int newInLine) {
        List<Runnable> next;
        synchronized (this) {
            mostInside = newInside;
            mostInLine = newInLine;
            next = takeNext();
        }
        next.forEach(Runnable::run);
    }

    /**
     * One more client.
     *
     * @param turn called when it is inside after all, on the thread of whoever has left; its identity is the client's
     */
    synchronized Place come(Runnable turn) {
        if (inside < mostInside) {
            inside++;
            return Place.INSIDE;
        }
        return line.size() < mostInLine && line.add(turn) ? Place.IN_LINE : Place.NONE;
    }

    /** One of those inside has logged in, or gone. */
    void leave() {
        List<Runnable> next;
        synchronized (this) {
            inside--;
            next = takeNext();
        }
        next.forEach(Runnable::run);
    }

    private List<Runnable> takeNext() {
        List<Runnable> next = new ArrayList<>();
        while (inside < mostInside && !line.isEmpty()) {
            next.add(line.removeFirst());
            inside++;
        }
        return next;
    }

    /** One goes out of the line; false when it is inside already, or was never in line. */
    synchronized boolean giveUp(Runnable turn) {
        return line.remove(turn);
    }

    /** How many have come and are not logged in. */
    synchronized int count() {
        return inside + line.size();
    }
}
