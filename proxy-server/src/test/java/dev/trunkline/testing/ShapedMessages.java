package dev.trunkline.testing;

import dev.trunkline.testing.Shape.Part;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.*;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.*;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns shapes into messages. An unknown name or part is an error, never ignored. */
final class ShapedMessages {

    private ShapedMessages() {}

    static FrontendMessage frontend(Shape s) {
        allow(s);
        return switch (s.name()) {
            case "StartupMessage" -> new StartupMessage(version(s.text(0)), texts(s));
            case "SSLRequest" -> new SSLRequest();
            case "GSSENCRequest" -> new GSSENCRequest();
            case "CancelRequest" -> new CancelRequest(s.number(0), Shape.value(s.part(1)));
            case "AuthenticationResponse" -> new AuthenticationResponse(Shape.value(s.part(0)));
            case "PasswordMessage" -> new PasswordMessage(s.text(0));
            case "SASLInitialResponse" -> new SASLInitialResponse(s.text(0), Shape.value(s.part(1)));
            case "SASLResponse" -> new SASLResponse(Shape.value(s.part(0)));
            case "Query" -> new Query(s.text(0));
            case "Parse" -> new Parse(s.text(0), s.text(1), types(s.sequence("types")));
            case "Bind" -> new Bind(s.text(0), s.text(1), numbers(s.sequence("formats")), values(s.sequence(2)),
                    numbers(s.sequence("results")));
            case "Describe" -> new Describe(target(s.text(0)), s.text(1));
            case "Execute" -> new Execute(s.text(0),
                    s.named().containsKey("rows") ? Integer.parseInt(s.named().get("rows").toString()) : 0);
            case "Close" -> new Close(target(s.text(0)), s.text(1));
            case "Flush" -> new Flush();
            case "Sync" -> new Sync();
            case "Terminate" -> new Terminate();
            case "FunctionCall" -> new FunctionCall(s.number(0), numbers(s.sequence("formats")),
                    values(s.sequence(1)),
                    s.named().containsKey("result") ? Integer.parseInt(s.named().get("result").toString()) : 0);
            case "CopyFail" -> new CopyFail(s.text(0));
            case "CopyData" -> new CopyData(Shape.value(s.part(0)));
            case "CopyDone" -> new CopyDone();
            default -> throw new IllegalArgumentException("no client sends " + s.name());
        };
    }

    static BackendMessage backend(Shape s) {
        allow(s);
        return switch (s.name()) {
            case "AuthenticationOk" -> new AuthenticationOk();
            case "AuthenticationCleartextPassword" -> new AuthenticationCleartextPassword();
            case "AuthenticationMD5Password" -> new AuthenticationMD5Password(Shape.value(s.part(0)));
            case "AuthenticationSASL" -> new AuthenticationSASL(s.parts().stream().map(Part::toString).toList());
            case "AuthenticationSASLContinue" -> new AuthenticationSASLContinue(Shape.value(s.part(0)));
            case "AuthenticationSASLFinal" -> new AuthenticationSASLFinal(Shape.value(s.part(0)));
            case "AuthenticationOther" -> new AuthenticationOther(s.number(0), Shape.value(s.part(1)));
            case "BackendKeyData" -> new BackendKeyData(s.number(0), Shape.value(s.part(1)));
            case "ParameterStatus" -> new ParameterStatus(s.text(0), s.text(1));
            case "ReadyForQuery" -> new ReadyForQuery(MessageShapes.status(s.text(0)));
            case "NegotiateProtocolVersion" -> new NegotiateProtocolVersion(version(s.text(0)),
                    s.sequence(1).stream().map(p -> Shape.value(p).text()).toList());
            case "RowDescription" -> new RowDescription(
                    s.parts().stream().map(p -> column(p.toString())).toList());
            case "DataRow" -> new DataRow(values(s.parts()));
            case "CommandComplete" -> new CommandComplete(s.text(0));
            case "EmptyQueryResponse" -> new EmptyQueryResponse();
            case "ErrorResponse" -> new ErrorResponse(fields("ERROR", s));
            case "NoticeResponse" -> new NoticeResponse(fields("NOTICE", s));
            case "ParseComplete" -> new ParseComplete();
            case "BindComplete" -> new BindComplete();
            case "CloseComplete" -> new CloseComplete();
            case "NoData" -> new NoData();
            case "ParameterDescription" -> new ParameterDescription(types(s.parts()));
            case "PortalSuspended" -> new PortalSuspended();
            case "NotificationResponse" -> new NotificationResponse(s.number(0), s.text(1), s.text(2));
            case "CopyInResponse" -> new CopyInResponse(s.number(0), numbers(s.sequence(1)));
            case "CopyOutResponse" -> new CopyOutResponse(s.number(0), numbers(s.sequence(1)));
            case "CopyBothResponse" -> new CopyBothResponse(s.number(0), numbers(s.sequence(1)));
            case "FunctionCallResponse" -> new FunctionCallResponse(Shape.value(s.part(0)));
            case "CopyData" -> new CopyData(Shape.value(s.part(0)));
            case "CopyDone" -> new CopyDone();
            default -> throw new IllegalArgumentException("no server sends " + s.name());
        };
    }

    /** The named parts that a message has; misspelt ones would otherwise be silently left out. */
    private static void allow(Shape s) {
        List<String> known = switch (s.name()) {
            case "StartupMessage", "ErrorResponse", "NoticeResponse" -> List.copyOf(s.named().keySet());
            case "Parse" -> List.of("types");
            case "Bind" -> List.of("formats", "results");
            case "Execute" -> List.of("rows");
            case "FunctionCall" -> List.of("formats", "result");
            default -> List.of();
        };
        for (String key : s.named().keySet()) {
            if (!known.contains(key)) {
                throw new IllegalArgumentException(s.name() + " has no part " + key);
            }
        }
    }

    /** {@code name:type/binary/size=n/mod=n/table=n/column=n}; all but name and type may be left out. */
    private static Field column(String text) {
        int colon = text.lastIndexOf(':');
        String[] attributes = text.substring(colon + 1).split("/");
        int oid = TypeNames.oid(attributes[0]);
        int format = 0;
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (int i = 1; i < attributes.length; i++) {
            switch (attributes[i]) {
                case "text" -> format = 0;
                case "binary" -> format = 1;
                default -> {
                    String[] pair = attributes[i].split("=", 2);
                    if (pair.length < 2 || !List.of("size", "mod", "table", "column").contains(pair[0])) {
                        throw new IllegalArgumentException("unknown attribute " + attributes[i]);
                    }
                    numbers.put(pair[0], Integer.parseInt(pair[1]));
                }
            }
        }
        return new Field(text.substring(0, colon), numbers.getOrDefault("table", 0),
                numbers.getOrDefault("column", 0), oid, numbers.getOrDefault("size", TypeNames.size(oid)),
                numbers.getOrDefault("mod", -1), format);
    }

    private static ErrorFields fields(String severity, Shape s) {
        var fields = new ArrayList<ErrorFields.Field>();
        if (!s.named().containsKey("S")) {
            fields.add(new ErrorFields.Field(ErrorFields.SEVERITY, severity));
            fields.add(new ErrorFields.Field(ErrorFields.SEVERITY_NAME, severity));
        }
        for (char code : "SVCMDHPpqWstcdnFLR".toCharArray()) {
            Part part = s.named().get(String.valueOf(code));
            if (part != null) {
                fields.add(new ErrorFields.Field((byte) code, Shape.value(part).text()));
            }
        }
        return new ErrorFields(fields);
    }

    private static Map<String, String> texts(Shape s) {
        var parameters = new LinkedHashMap<String, String>();
        s.named().forEach((k, v) -> parameters.put(k, Shape.value(v).text()));
        return parameters;
    }

    private static int version(String text) {
        String[] parts = text.split("\\.");
        return Integer.parseInt(parts[0]) << 16 | Integer.parseInt(parts[1]);
    }

    private static Target target(String word) {
        return switch (word) {
            case "statement" -> Target.STATEMENT;
            case "portal" -> Target.PORTAL;
            default -> throw new IllegalArgumentException("neither statement nor portal: " + word);
        };
    }

    private static List<Integer> types(List<Part> parts) {
        return parts.stream().map(p -> TypeNames.oid(p.toString())).toList();
    }

    private static List<Integer> numbers(List<Part> parts) {
        return parts.stream().map(p -> Integer.valueOf(p.toString())).toList();
    }

    private static List<Bytes> values(List<Part> parts) {
        var values = new ArrayList<Bytes>();
        parts.forEach(p -> values.add(Shape.value(p)));
        return values;
    }
}
