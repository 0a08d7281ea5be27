package dev.trunkline.frontend;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Who may log in: so many clients at a time, whose passwords take the processor's time and whose bytes take memory. The others
 * wait in line and are served in turn, so that nobody is refused because everybody comes at once.
 *
 * <pre>
 *   come --> aside --says something--> inside, or in line --turn--> inside --logged in, or gone--> out
 *              ^------------- a second is over, it has to say something, and others wait ---------'
 * </pre>
 *
 * <p>Nobody lines up before it has said something, and whoever is inside and keeps the proxy waiting makes room after a second: clients
 * that say nothing, or a byte now and then, hold up nobody. Thread-safe.
 */
final class LoginLine {

    /** For how long a client may be inside while others wait and it is its turn to speak. */
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private int mostInside;
    private int mostWaiting;
    /** Those who may log in now, by when that began; their identity is the client's. */
    private final Map<Runnable, Long> inside = new LinkedHashMap<>();
    /** Those inside of whom something is awaited. */
    private final Set<Runnable> silent = new HashSet<>();
    /** Those who have said something, and wait for their turn. */
    private final LinkedHashSet<Runnable> line = new LinkedHashSet<>();
    /** Those of whom something is awaited, and who hold no turn. */
    private final Set<Runnable> aside = new HashSet<>();

    LoginLine(int mostInside, int mostWaiting) {
        this.mostInside = mostInside;
        this.mostWaiting = mostWaiting;
    }

    /** Other bounds from now on; nobody has to go. */
    void bounds(int newInside, int newWaiting, long now) {
        List<Runnable> next;
        synchronized (this) {
            mostInside = newInside;
            mostWaiting = newWaiting;
            next = takeNext(now);
        }
        next.forEach(Runnable::run);
    }

    /**
     * One more client has come; false when there are too many.
     *
     * @param turn called when it is inside after a wait in line, on the thread of whoever has made room
     */
    synchronized boolean come(Runnable turn) {
        return count() < mostInside + mostWaiting && aside.add(turn);
    }

    /** A client has said something: whether it is its turn. Otherwise it is in line, and called. */
    boolean speaks(Runnable turn, long now) {
        List<Runnable> next;
        boolean its;
        synchronized (this) {
            silent.remove(turn);
            if (aside.remove(turn)) {
                line.add(turn);
            }
            next = takeNext(now);
            its = inside.containsKey(turn);
        }
        next.remove(turn);
        next.forEach(Runnable::run);
        return its;
    }

    /** What a client has said is done with; it is its turn to say more. */
    synchronized void rests(Runnable turn) {
        if (inside.containsKey(turn)) {
            silent.add(turn);
        }
    }

    /** Some time has passed: whoever has been silent for too long makes room. */
    void relieve(long now) {
        List<Runnable> next;
        synchronized (this) {
            next = takeNext(now);
        }
        next.forEach(Runnable::run);
    }

    /** A client has logged in, or is gone, wherever it was. */
    void leave(Runnable turn, long now) {
        List<Runnable> next;
        synchronized (this) {
            silent.remove(turn);
            line.remove(turn);
            aside.remove(turn);
            inside.remove(turn);
            next = takeNext(now);
        }
        next.forEach(Runnable::run);
    }

    private List<Runnable> takeNext(long now) {
        List<Runnable> next = new ArrayList<>();
        while (!line.isEmpty() && (inside.size() < mostInside || setAside(now))) {
            Runnable first = line.removeFirst();
            inside.put(first, now);
            next.add(first);
        }
        return next;
    }

    /** The one that has been inside for the longest, if it is its turn to speak and it has had its time. */
    private boolean setAside(long now) {
        for (Iterator<Map.Entry<Runnable, Long>> i = inside.entrySet().iterator(); i.hasNext();) {
            Map.Entry<Runnable, Long> one = i.next();
            if (now - one.getValue() < PATIENCE_NANOS) {
                return false;
            }
            if (silent.remove(one.getKey())) {
                i.remove();
                aside.add(one.getKey());
                return inside.size() < mostInside;
            }
        }
        return false;
    }

    /** Whether a client has said something and waits for its turn. */
    synchronized boolean isInLine(Runnable turn) {
        return line.contains(turn);
    }

    /** How many have come and are not logged in. */
    synchronized int count() {
        return inside.size() + line.size() + aside.size();
    }
}
