package dev.trunkline.testing;

import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.BindComplete;
import dev.trunkline.wire.BackendMessage.CloseComplete;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.BackendMessage.CopyOutResponse;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.EmptyQueryResponse;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.FunctionCallResponse;
import dev.trunkline.wire.BackendMessage.NoData;
import dev.trunkline.wire.BackendMessage.ParameterDescription;
import dev.trunkline.wire.BackendMessage.ParseComplete;
import dev.trunkline.wire.BackendMessage.PortalSuspended;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
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
import dev.trunkline.wire.TransactionStatus;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A session of a {@link RoteNode}: a few words of SQL in both protocols, with PostgreSQL's transactions. Every SELECT has two rows,
 * every write one; what holds the word {@code fail} fails.
 */
final class RoteSession {

    /** Where messages go. */
    interface Voice {

        void say(BackendMessage message) throws IOException;
    }

    private static final List<String> ROWS = List.of("one", "two");
    private static final RowDescription COLUMNS = new RowDescription(List.of(new Field("v", 0, 0, 25, -1, -1, 0)));

    private final RoteNode node;
    private final Voice voice;
    private final Map<String, String> statements = new HashMap<>();
    private final Map<String, String> portals = new HashMap<>();
    private final Map<String, Integer> told = new HashMap<>();
    private final Deque<String> rest = new ArrayDeque<>();
    private TransactionStatus status = TransactionStatus.IDLE;
    private int written;
    private boolean skipping;
    private boolean copying;
    private boolean inQuery;

    RoteSession(RoteNode node, Voice voice) {
        this.node = node;
        this.voice = voice;
    }

    void take(FrontendMessage message) throws IOException {
        if (copying) {
            copy(message);
            return;
        }
        if (skipping && !(message instanceof Sync)) {
            return;
        }
        switch (message) {
            case Query m -> {
                statements.remove("");
                inQuery = true;
                rest.addAll(Arrays.asList(m.sql().split(";")));
                if (m.sql().isBlank()) {
                    voice.say(new EmptyQueryResponse());
                }
                goOn();
            }
            case Parse m -> {
                statements.put(m.name(), m.sql());
                voice.say(new ParseComplete());
            }
            case Bind m -> {
                portals.put(m.portal(), statements.get(m.statement()));
                told.put(m.portal(), 0);
                voice.say(new BindComplete());
            }
            case Describe m -> {
                String sql = (m.target() == Target.STATEMENT ? statements : portals).get(m.name());
                if (m.target() == Target.STATEMENT) {
                    voice.say(new ParameterDescription(sql.contains("$1") ? List.of(23) : List.of()));
                }
                voice.say(word(sql).equals("SELECT") ? COLUMNS : new NoData());
            }
            case Execute m -> run(portals.get(m.portal()), m.portal(), m.maxRows());
            case Close m -> voice.say(new CloseComplete());
            case Flush m -> {
                // All is out already.
            }
            case Sync m -> {
                skipping = false;
                ready();
            }
            case FunctionCall m -> {
                voice.say(new FunctionCallResponse(Bytes.utf8("x")));
                ready();
            }
            default -> {
                // CopyData and the like, when there is no COPY.
            }
        }
    }

    /** Runs what is left of a query's string. */
    private void goOn() throws IOException {
        while (!rest.isEmpty() && !copying) {
            String sql = rest.poll();
            if (!sql.isBlank() && !run(sql, null, 0)) {
                rest.clear();
            }
        }
        if (!copying) {
            inQuery = false;
            ready();
        }
    }

    private void ready() throws IOException {
        if (status == TransactionStatus.IDLE) {
            commit();
            portals.clear();
        }
        voice.say(new ReadyForQuery(status));
    }

    private void commit() {
        node.committed(written);
        written = 0;
    }

    private static String word(String sql) {
        return sql.strip().split("\\s")[0].toUpperCase(Locale.ROOT);
    }

    /** False after an error. */
    private boolean run(String sql, String portal, int limit) throws IOException {
        String word = word(sql);
        if (sql.contains("fail")) {
            return fail("22012");
        }
        if (status == TransactionStatus.FAILED && !word.equals("ROLLBACK") && !word.equals("COMMIT")) {
            return fail("25P02");
        }
        switch (word) {
            case "BEGIN" -> {
                status = TransactionStatus.IN_TRANSACTION;
                done("BEGIN");
            }
            case "COMMIT", "ROLLBACK" -> {
                boolean good = status != TransactionStatus.FAILED && word.equals("COMMIT");
                status = TransactionStatus.IDLE;
                written = good ? written : 0;
                commit();
                done(good ? "COMMIT" : "ROLLBACK");
            }
            case "SELECT" -> select(portal, limit);
            case "INSERT", "UPDATE", "DELETE" -> {
                written++;
                if (inQuery && rest.isEmpty() && status == TransactionStatus.IDLE) {
                    // A server commits before it says so.
                    commit();
                }
                done(word.equals("INSERT") ? "INSERT 0 1" : word + " 1");
            }
            case "COPY" -> {
                if (sql.toLowerCase(Locale.ROOT).contains("stdin")) {
                    copying = true;
                    voice.say(new CopyInResponse(0, List.of(0, 0)));
                } else {
                    voice.say(new CopyOutResponse(0, List.of(0)));
                    for (String row : ROWS) {
                        voice.say(new CopyData(Bytes.utf8(row + "\n")));
                    }
                    voice.say(new CopyDone());
                    done("COPY 2");
                }
            }
            default -> done(word);
        }
        return true;
    }

    private void select(String portal, int limit) throws IOException {
        int from = portal == null ? 0 : told.get(portal);
        if (portal == null) {
            voice.say(COLUMNS);
        }
        int to = limit == 0 ? ROWS.size() : Math.min(ROWS.size(), from + limit);
        for (String row : ROWS.subList(from, to)) {
            voice.say(new DataRow(List.of(Bytes.utf8(row))));
        }
        if (portal != null) {
            told.put(portal, to);
        }
        if (limit > 0 && to - from == limit) {
            voice.say(new PortalSuspended());
        } else {
            done("SELECT " + (to - from));
        }
    }

    private void copy(FrontendMessage message) throws IOException {
        switch (message) {
            case CopyDone m -> {
                copying = false;
                written++;
                if (inQuery && rest.isEmpty() && status == TransactionStatus.IDLE) {
                    commit();
                }
                done("COPY 2");
            }
            case CopyFail m -> {
                copying = false;
                fail("57014");
                rest.clear();
            }
            default -> {
                return;
            }
        }
        if (inQuery) {
            goOn();
        }
    }

    private boolean fail(String state) throws IOException {
        written = status == TransactionStatus.IDLE ? 0 : written;
        status = status == TransactionStatus.IDLE ? status : TransactionStatus.FAILED;
        skipping = !inQuery;
        voice.say(new ErrorResponse(ErrorFields.of("ERROR", state, "fails")));
        return false;
    }

    private void done(String tag) throws IOException {
        voice.say(new CommandComplete(tag));
    }
}
