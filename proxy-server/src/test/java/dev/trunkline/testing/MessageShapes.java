package dev.trunkline.testing;

import dev.trunkline.testing.Shape.Part;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.*;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.*;
import dev.trunkline.wire.TransactionStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns messages into shapes. {@link ShapedMessages} goes the other way. */
final class MessageShapes {

    private MessageShapes() {}

    static Shape of(FrontendMessage message) {
        return switch (message) {
            case StartupMessage m -> new Shape("StartupMessage",
                    List.of(word((m.version() >>> 16) + "." + (m.version() & 0xFFFF))), texts(m.parameters()));
            case SSLRequest m -> Shape.of("SSLRequest");
            case GSSENCRequest m -> Shape.of("GSSENCRequest");
            case CancelRequest m -> Shape.of("CancelRequest", word(m.processId()), new Part.Text(m.secretKey()));
            case AuthenticationResponse m -> Shape.of("AuthenticationResponse", new Part.Text(m.data()));
            case PasswordMessage m -> Shape.of("PasswordMessage", text(m.password()));
            case SASLInitialResponse m -> Shape.of("SASLInitialResponse", text(m.mechanism()), value(m.response()));
            case SASLResponse m -> Shape.of("SASLResponse", new Part.Text(m.data()));
            case Query m -> Shape.of("Query", text(m.sql()));
            case Parse m -> new Shape("Parse", List.of(text(m.name()), text(m.sql())),
                    Map.of("types", types(m.parameterTypes())));
            case Bind m -> new Shape("Bind", List.of(text(m.portal()), text(m.statement()), values(m.values())),
                    Map.of("formats", words(m.formats()), "results", words(m.resultFormats())));
            case Describe m -> Shape.of("Describe", target(m.target()), text(m.name()));
            case Execute m -> new Shape("Execute", List.of(text(m.portal())), Map.of("rows", word(m.maxRows())));
            case Close m -> Shape.of("Close", target(m.target()), text(m.name()));
            case Flush m -> Shape.of("Flush");
            case Sync m -> Shape.of("Sync");
            case Terminate m -> Shape.of("Terminate");
            case FunctionCall m -> new Shape("FunctionCall", List.of(word(m.functionOid()), values(m.values())),
                    Map.of("formats", words(m.formats()), "result", word(m.resultFormat())));
            case CopyFail m -> Shape.of("CopyFail", text(m.reason()));
            case CopyData m -> Shape.of("CopyData", new Part.Text(m.data()));
            case CopyDone m -> Shape.of("CopyDone");
        };
    }

    static Shape of(BackendMessage message) {
        return switch (message) {
            case AuthenticationOk m -> Shape.of("AuthenticationOk");
            case AuthenticationCleartextPassword m -> Shape.of("AuthenticationCleartextPassword");
            case AuthenticationMD5Password m -> Shape.of("AuthenticationMD5Password", new Part.Text(m.salt()));
            case AuthenticationSASL m -> Shape.of("AuthenticationSASL",
                    m.mechanisms().stream().map(MessageShapes::word).toArray(Part[]::new));
            case AuthenticationSASLContinue m -> Shape.of("AuthenticationSASLContinue", new Part.Text(m.data()));
            case AuthenticationSASLFinal m -> Shape.of("AuthenticationSASLFinal", new Part.Text(m.data()));
            case AuthenticationOther m -> Shape.of("AuthenticationOther", word(m.code()), new Part.Text(m.data()));
            case BackendKeyData m -> Shape.of("BackendKeyData", word(m.processId()), new Part.Text(m.secretKey()));
            case ParameterStatus m -> Shape.of("ParameterStatus", text(m.name()), text(m.value()));
            case ReadyForQuery m -> Shape.of("ReadyForQuery", word(String.valueOf((char) m.status().code())));
            case NegotiateProtocolVersion m -> Shape.of("NegotiateProtocolVersion",
                    word((m.version() >>> 16) + "." + (m.version() & 0xFFFF)),
                    new Part.Seq(m.options().stream().map(MessageShapes::text).toList()));
            case RowDescription m -> Shape.of("RowDescription",
                    m.fields().stream().map(MessageShapes::column).toArray(Part[]::new));
            case DataRow m -> Shape.of("DataRow", m.values().stream().map(MessageShapes::value).toArray(Part[]::new));
            case CommandComplete m -> Shape.of("CommandComplete", text(m.tag()));
            case EmptyQueryResponse m -> Shape.of("EmptyQueryResponse");
            case ErrorResponse m -> new Shape("ErrorResponse", List.of(), fields(m.fields()));
            case NoticeResponse m -> new Shape("NoticeResponse", List.of(), fields(m.fields()));
            case ParseComplete m -> Shape.of("ParseComplete");
            case BindComplete m -> Shape.of("BindComplete");
            case CloseComplete m -> Shape.of("CloseComplete");
            case NoData m -> Shape.of("NoData");
            case ParameterDescription m -> Shape.of("ParameterDescription",
                    types(m.types()).parts().toArray(Part[]::new));
            case PortalSuspended m -> Shape.of("PortalSuspended");
            case NotificationResponse m -> Shape.of("NotificationResponse", word(m.processId()), text(m.channel()),
                    text(m.payload()));
            case CopyInResponse m -> Shape.of("CopyInResponse", word(m.format()), words(m.columnFormats()));
            case CopyOutResponse m -> Shape.of("CopyOutResponse", word(m.format()), words(m.columnFormats()));
            case CopyBothResponse m -> Shape.of("CopyBothResponse", word(m.format()), words(m.columnFormats()));
            case FunctionCallResponse m -> Shape.of("FunctionCallResponse", value(m.value()));
            case CopyData m -> Shape.of("CopyData", new Part.Text(m.data()));
            case CopyDone m -> Shape.of("CopyDone");
        };
    }

    private static Part column(Field f) {
        String name = f.name().chars().allMatch(c -> c > ' ' && "[]\"/:".indexOf(c) < 0) && !f.name().isEmpty()
                ? f.name()
                : "?";
        return word(name + ":" + TypeNames.name(f.typeOid()) + "/" + (f.format() == 0 ? "text" : "binary") + "/size="
                + f.typeSize() + "/mod=" + f.modifier() + "/table=" + f.tableOid() + "/column=" + f.columnNumber());
    }

    private static Map<String, Part> fields(ErrorFields fields) {
        var named = new LinkedHashMap<String, Part>();
        fields.fields().forEach(f -> named.put(String.valueOf((char) f.code()), text(f.value())));
        return named;
    }

    private static Map<String, Part> texts(Map<String, String> map) {
        var named = new LinkedHashMap<String, Part>();
        map.forEach((k, v) -> named.put(k, text(v)));
        return named;
    }

    private static Part.Seq types(List<Integer> oids) {
        return new Part.Seq(oids.stream().<Part>map(oid -> word(TypeNames.name(oid))).toList());
    }

    private static Part.Seq words(List<Integer> numbers) {
        return new Part.Seq(numbers.stream().<Part>map(MessageShapes::word).toList());
    }

    private static Part.Seq values(List<Bytes> values) {
        var parts = new ArrayList<Part>();
        values.forEach(v -> parts.add(value(v)));
        return new Part.Seq(parts);
    }

    private static Part target(Target target) {
        return word(target == Target.STATEMENT ? "statement" : "portal");
    }

    private static Part value(Bytes value) {
        return value == null ? new Part.Null() : new Part.Text(value);
    }

    private static Part text(String text) {
        return new Part.Text(Bytes.utf8(text));
    }

    private static Part.Word word(int number) {
        return word(Integer.toString(number));
    }

    private static Part.Word word(String word) {
        return new Part.Word(word);
    }

    static TransactionStatus status(String letter) {
        return TransactionStatus.of((byte) letter.charAt(0));
    }
}
