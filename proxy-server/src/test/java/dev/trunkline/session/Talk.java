package dev.trunkline.session;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.*;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Close;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.Describe;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Short spellings of messages: what a client sends, and what it is told. */
final class Talk {

    private Talk() {}

    static FrontendMessage parse(String name, String sql, Integer... types) {
        return new Parse(name, sql, List.of(types));
    }

    static FrontendMessage bind(String portal, String statement, Object... values) {
        List<Bytes> texts = Arrays.stream(values).map(v -> v == null ? null : Bytes.utf8(v.toString()))
                .collect(Collectors.toCollection(ArrayList::new));
        return new Bind(portal, statement, List.of(), texts, List.of());
    }

    static FrontendMessage describePortal(String name) {
        return new Describe(Target.PORTAL, name);
    }

    static FrontendMessage describeStatement(String name) {
        return new Describe(Target.STATEMENT, name);
    }

    static FrontendMessage execute(String portal) {
        return new Execute(portal, 0);
    }

    static FrontendMessage execute(String portal, int rows) {
        return new Execute(portal, rows);
    }

    static FrontendMessage closePortal(String name) {
        return new Close(Target.PORTAL, name);
    }

    static FrontendMessage closeStatement(String name) {
        return new Close(Target.STATEMENT, name);
    }

    /** Parse, Bind and Execute without names. */
    static FrontendMessage[] run(String sql, Object... values) {
        return new FrontendMessage[]{parse("", sql), bind("", "", values), execute("")};
    }

    static FrontendMessage[] all(Object... parts) {
        List<FrontendMessage> messages = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof FrontendMessage[] several) {
                messages.addAll(List.of(several));
            } else {
                messages.add((FrontendMessage) part);
            }
        }
        return messages.toArray(FrontendMessage[]::new);
    }

    /** A simple query and all of its reply. */
    static String ask(PgClient client, String sql) throws IOException {
        return told(client.query(sql));
    }

    /** Messages that end with Sync, and all of the reply. */
    static String exchange(PgClient client, Object... parts) throws IOException {
        return told(client.exchange(all(parts)));
    }

    /** The only value of the only row. */
    static String value(PgClient client, String sql) throws IOException {
        String told = ask(client, sql);
        List<String> rows = Arrays.stream(told.split("(?= row\\()")).filter(p -> p.startsWith(" row(")).toList();
        if (rows.size() != 1) {
            throw new AssertionError("not one row: " + told);
        }
        return rows.getFirst().substring(5, rows.getFirst().indexOf(')'));
    }

    /** Replies in one line; ParameterStatus is left out, and of notices and errors the SQLSTATE is shown. */
    static String told(List<BackendMessage> messages) {
        return messages.stream().map(Talk::word).filter(w -> !w.isEmpty()).collect(Collectors.joining(" "));
    }

    static String word(BackendMessage message) {
        return switch (message) {
            case ParameterStatus m -> "";
            case RowDescription m -> "T";
            case DataRow m -> "row(" + m.values().stream().map(v -> v == null ? "null" : v.text())
                    .collect(Collectors.joining(",")) + ")";
            case CommandComplete m -> "[" + m.tag() + "]";
            case ErrorResponse m -> (m.fields().severity().equals("ERROR") ? "error " : m.fields().severity() + " ")
                    + m.fields().sqlState();
            case NoticeResponse m -> "notice " + m.fields().sqlState();
            case ParseComplete m -> "1";
            case BindComplete m -> "2";
            case CloseComplete m -> "3";
            case NoData m -> "n";
            case ParameterDescription m -> "t" + m.types();
            case PortalSuspended m -> "s";
            case EmptyQueryResponse m -> "empty";
            case CopyInResponse m -> "G";
            case CopyOutResponse m -> "H";
            case CopyData m -> "copy(" + m.data().text().strip() + ")";
            case CopyDone m -> "c";
            case ReadyForQuery m -> "Z:" + (char) m.status().code();
            default -> message.toString();
        };
    }
}
