package dev.trunkline.testing;

import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Close;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.CopyFail;
import dev.trunkline.wire.FrontendMessage.Describe;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.FunctionCall;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.FrontendMessage.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * What a client says by chance: queries, pipelines and COPY over the table {@code kv}, most of it as a driver would, some of it in
 * an order that makes no sense, and now and then a message whose body is wrong. Every frame has the length that it says, so that a
 * server knows where the next one begins. The same seed gives the same dialog.
 */
final class RandomDialog {

    private static final int INT4_PLUS = 177;

    private static final List<String> NAMES = List.of("", "", "", "s1", "s2");
    private static final List<String> PORTALS = List.of("", "", "", "p1", "p2");

    /*
     * What stands alone in its string: docs/protocol.md tells what the proxy does otherwise. A string is parsed as a whole before any
     * of it runs; what the proxy can't parse it leaves to the nodes, statement by statement.
     */
    private static final Pattern ALONE = Pattern.compile("selec .*|declare .*|lock .*|copy .* from stdin");

    private static final Pattern WRITING = Pattern.compile("insert |update |delete ");

    private final SplittableRandom random;
    private final Map<String, String> prepared = new HashMap<>();
    private final List<byte[]> frames = new ArrayList<>();
    private final List<String> shown = new ArrayList<>();
    private final Repertoire repertoire;
    private final List<String> written;
    private boolean inPipeline;
    private boolean hurt;

    private RandomDialog(Repertoire repertoire, long seed) {
        this.repertoire = repertoire;
        random = new SplittableRandom(seed);
        written = pick(repertoire.written());
    }

    static RandomDialog of(Repertoire repertoire, long seed) {
        var dialog = new RandomDialog(repertoire, seed);
        int cycles = 1 + dialog.random.nextInt(6);
        for (int i = 0; i < cycles; i++) {
            dialog.cycle();
        }
        return dialog;
    }

    /** The frames, in order. */
    List<byte[]> frames() {
        return frames;
    }

    /** The messages as a conversation writes them, to be read by whoever looks for the fault. */
    List<String> lines() {
        return shown;
    }

    /** Whether a body is wrong. There may be two things wrong with it, of which PostgreSQL names another one first. */
    boolean isHurt() {
        return hurt;
    }

    private void cycle() {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> query();
            case 4 -> stray();
            case 5 -> orPipeline(repertoire.copies(), this::copyIn);
            case 6 -> orPipeline(repertoire.calls(), this::call);
            default -> pipeline();
        }
    }

    private void orPipeline(boolean may, Runnable other) {
        if (may) {
            other.run();
        } else {
            pipeline();
        }
    }

    /** PostgreSQL 18 mistakes the state of its own transaction after a query in the middle of a pipeline. */
    private void endPipeline() {
        if (inPipeline) {
            say(new Sync());
        }
    }

    private void call() {
        endPipeline();
        say(new FunctionCall(INT4_PLUS, List.of(1),
                List.of(int4(1), int4(chance(10) ? Integer.MAX_VALUE : 2)), 1));
    }

    private void query() {
        endPipeline();
        if (chance(4)) {
            // Alone: that it stands in a string behind what takes a snapshot is known to the nodes only.
            say(new Query("begin isolation level repeatable read"));
            return;
        }
        int count = chance(25) ? 1 + random.nextInt(3) : 1;
        var sql = new ArrayList<String>();
        while (sql.size() < count) {
            String one = statement();
            if (count == 1 || !ALONE.matcher(one).matches()) {
                sql.add(one);
            }
        }
        String text = String.join("; ", sql);
        say(new Query(text));
        if (text.contains("from stdin") && chance(90)) {
            copyRows();
        }
    }

    private void copyIn() {
        if (chance(70)) {
            endPipeline();
            say(new Query("copy kv from stdin"));
        } else {
            say(new Parse("", "copy kv from stdin", List.of()));
            say(new Bind("", "", List.of(), List.of(), List.of()));
            say(new Execute("", 0));
            if (chance(30)) {
                say(new Flush());
            }
        }
        copyRows();
        if (chance(90)) {
            say(new Sync());
        }
    }

    private void copyRows() {
        // Once a row is refused the server takes other messages again, and the client that goes on without having heard of it can't
        // know: whether the proxy has is a matter of time.
        boolean refused = chance(15);
        boolean began = inPipeline;
        int rows = random.nextInt(4);
        for (int i = 0; i < rows; i++) {
            String row = (20 + random.nextInt(30)) + "\trow" + i + "\n";
            say(new CopyData(Bytes.utf8(refused ? "not a number\n" : row)));
            if (!refused && chance(10)) {
                say(chance(50) ? new Flush() : new Sync());
            }
        }
        if (refused || chance(90)) {
            say(refused || chance(75) ? new CopyDone() : new CopyFail("given up"));
        }
        inPipeline = began;
    }

    private void stray() {
        switch (random.nextInt(6)) {
            case 0 -> say(new CopyData(Bytes.utf8("1\tone\n")));
            case 1 -> say(new CopyDone());
            case 2 -> say(new CopyFail("nothing to fail"));
            case 3 -> say(new Flush());
            default -> say(new Sync());
        }
    }

    private void pipeline() {
        int steps = 1 + random.nextInt(5);
        for (int i = 0; i < steps; i++) {
            if (chance(65)) {
                inOrder();
            } else {
                anything();
            }
        }
        if (chance(94)) {
            say(new Sync());
        }
    }

    private void inOrder() {
        String name = pick(NAMES);
        String portal = pick(PORTALS);
        String sql = statement();
        if (!prepared.containsKey(name) || name.isEmpty() || chance(20)) {
            if (!name.isEmpty() && prepared.containsKey(name) && chance(80)) {
                say(new Close(Target.STATEMENT, name));
            }
            parse(name, sql);
        }
        if (chance(30)) {
            say(new Describe(Target.STATEMENT, name));
        }
        bind(portal, name);
        if (chance(50)) {
            say(new Describe(Target.PORTAL, portal));
        }
        int limit = chance(25) ? 1 + random.nextInt(3) : 0;
        say(new Execute(portal, limit));
        if (prepared.getOrDefault(name, "").contains("from stdin")) {
            copyRows();
        }
        while (limit > 0 && chance(50)) {
            say(new Execute(portal, random.nextInt(3)));
        }
        if (chance(15)) {
            say(new Flush());
        }
    }

    private void anything() {
        switch (random.nextInt(9)) {
            case 0 -> parse(pick(NAMES), statement());
            case 1 -> bind(pick(PORTALS), pick(NAMES));
            case 2 -> say(new Describe(Target.STATEMENT, pick(NAMES)));
            case 3 -> say(new Describe(Target.PORTAL, pick(PORTALS)));
            case 4 -> say(new Execute(pick(PORTALS), random.nextInt(3)));
            case 5 -> say(new Close(Target.STATEMENT, pick(NAMES)));
            case 6 -> say(new Close(Target.PORTAL, pick(PORTALS)));
            case 7 -> say(new Flush());
            default -> query();
        }
    }

    private void parse(String name, String sql) {
        List<Integer> types = chance(15) && sql.contains("$1") ? List.of(chance(50) ? 23 : 25) : List.of();
        prepared.put(name, sql);
        say(new Parse(name, sql, types));
    }

    private void bind(String portal, String name) {
        String sql = prepared.getOrDefault(name, "");
        int count = sql.contains("$2") ? 2 : sql.contains("$1") ? 1 : 0;
        if (chance(5)) {
            count = random.nextInt(3);
        }
        boolean binary = chance(15);
        var values = new ArrayList<Bytes>();
        for (int i = 0; i < count; i++) {
            String value = pick(i > 0 ? repertoire.values() : writes(sql) ? written : repertoire.keys());
            boolean number = value.matches("[0-9]{1,2}");
            values.add(chance(5) ? null : binary && number ? int4(Integer.parseInt(value)) : Bytes.utf8(value));
        }
        List<Integer> formats = binary ? List.of(1) : chance(3) ? List.of(chance(50) ? 2 : 0, 0, 0) : List.of();
        List<Integer> results = chance(15) ? List.of(1) : chance(3) ? List.of(0, 1, 0) : List.of();
        say(new Bind(portal, name, formats, values, results));
    }

    private static Bytes int4(int value) {
        return Bytes.of(ByteBuffer.allocate(4).putInt(value).array());
    }

    private String statement() {
        String template = pick(repertoire.statements());
        return template.indexOf('{') < 0
                ? template
                : template.replace("{key}", pick(repertoire.keys())).replace("{written}", pick(written));
    }

    private static boolean writes(String sql) {
        return WRITING.matcher(sql).lookingAt();
    }

    private void say(FrontendMessage message) {
        inPipeline = switch (message) {
            case Sync sync -> false;
            case Parse m -> true;
            case Bind m -> true;
            case Describe m -> true;
            case Execute m -> true;
            case Close m -> true;
            default -> inPipeline;
        };
        ByteBuf out = Unpooled.buffer();
        FrontendEncoder.encode(message, out);
        var bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        String text = MessageShapes.of(message).toString();
        if (random.nextInt(200) == 0 && bytes.length > 5 && !(message instanceof CopyData)) {
            bytes = hurt(bytes);
            hurt = true;
            text = "raw x'" + HexFormat.of().formatHex(bytes) + "'   # " + text;
        }
        frames.add(bytes);
        shown.add(text);
    }

    /** Another body, and the length that it has. The type stays, so that it is a message of that type. */
    private byte[] hurt(byte[] frame) {
        byte[] hurt = switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOf(frame, 5 + random.nextInt(frame.length - 5));
            case 1 -> Arrays.copyOf(frame, frame.length + 1 + random.nextInt(4));
            default -> frame.clone();
        };
        if (hurt.length == frame.length) {
            hurt[5 + random.nextInt(frame.length - 5)] = (byte) random.nextInt(256);
        }
        ByteBuffer.wrap(hurt).putInt(1, hurt.length - 1);
        return hurt;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
