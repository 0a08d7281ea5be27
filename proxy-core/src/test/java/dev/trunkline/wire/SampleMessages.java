package dev.trunkline.wire;

import dev.trunkline.wire.BackendMessage.*;
import dev.trunkline.wire.FrontendMessage.*;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every message at least once, with the empty, the greatest and the odd values that each can hold. */
final class SampleMessages {

    private SampleMessages() {}

    static final StartupMessage STARTUP = new StartupMessage(ProtocolVersion.V3_2, startupParameters());

    static List<Initial> initial() {
        return List.of(new SSLRequest(), new GSSENCRequest(), new CancelRequest(4711, Bytes.of(new byte[4])),
                new CancelRequest(-1, Bytes.of(new byte[256])), STARTUP,
                new StartupMessage(ProtocolVersion.V3_0, Map.of()));
    }

    static List<FrontendMessage> frontend() {
        return List.of(new Query("select 1"), new Query(""), new Query("select 'žluťoučký 🐎'"),
                new Parse("", "select $1", List.of()), new Parse("s1", "", List.of(23, 0, -1)),
                new Bind("", "s1", List.of(), List.of(), List.of()),
                new Bind("p", "", List.of(1), valuesWithNull(), List.of(0, 1, 0)),
                new Bind("p", "s", List.of(0, 1, 0), valuesWithNull(), List.of(1)),
                new Bind("", "", List.of(1), nulls(0xFFFF), List.of()),
                new Describe(Target.STATEMENT, "s1"), new Describe(Target.PORTAL, ""), new Execute("", 0),
                new Execute("portál", Integer.MAX_VALUE), new Close(Target.STATEMENT, "s1"),
                new Close(Target.PORTAL, ""),
                new Flush(), new Sync(), new Terminate(), new AuthenticationResponse(Bytes.utf8("secret\0")),
                new CopyData(Bytes.utf8("1\ta\n")), new CopyData(Bytes.EMPTY), new CopyDone(), new CopyFail("why not"),
                new FunctionCall(952, List.of(1), List.of(Bytes.of(new byte[]{0, 0, 0, 1})), 1),
                new FunctionCall(-5, List.of(0, 1, 0), valuesWithNull(), 0));
    }

    static List<BackendMessage> backend() {
        return List.of(new AuthenticationOk(), new AuthenticationCleartextPassword(),
                new AuthenticationMD5Password(Bytes.of(new byte[]{1, 2, 3, 4})),
                new AuthenticationSASL(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")),
                new AuthenticationSASLContinue(Bytes.utf8("r=abc,s=def,i=4096")),
                new AuthenticationSASLFinal(Bytes.utf8("v=xyz")), new AuthenticationOther(7, Bytes.EMPTY),
                new AuthenticationOther(8, Bytes.of(new byte[]{1})),
                new BackendKeyData(1234, Bytes.of(new byte[]{9, 8, 7, 6})),
                new BackendKeyData(-1234, Bytes.of(new byte[256])), new ParameterStatus("TimeZone", "Europe/Prague"),
                new ParameterStatus("x", ""), new ReadyForQuery(TransactionStatus.IDLE),
                new ReadyForQuery(TransactionStatus.IN_TRANSACTION), new ReadyForQuery(TransactionStatus.FAILED),
                new NegotiateProtocolVersion(ProtocolVersion.V3_2, List.of()),
                new NegotiateProtocolVersion(ProtocolVersion.V3_0, List.of("_pq_.a", "_pq_.b")),
                new RowDescription(List.of()),
                new RowDescription(List.of(new Field("?column?", 0, 0, 23, 4, -1, 0),
                        new Field("jméno", -2, -7, 1043, -1, 36, 1), new Field("", 16384, 3, 25, -2, -1, 0))),
                new DataRow(List.of()), new DataRow(valuesWithNull()), new DataRow(nulls(1664)),
                new CommandComplete("INSERT 0 1"), new EmptyQueryResponse(),
                new ErrorResponse(ErrorFields.of("ERROR", "42P01", "relation \"x\" does not exist").withDetail("D.")
                        .withHint("H.").withPosition(15).with((byte) '?', "of the future")),
                new ErrorResponse(new ErrorFields(List.of())),
                new NoticeResponse(ErrorFields.of("WARNING", "01000", "pozor")), new ParseComplete(),
                new BindComplete(),
                new CloseComplete(), new NoData(), new ParameterDescription(List.of()),
                new ParameterDescription(List.of(23, 25, -1)), new PortalSuspended(),
                new NotificationResponse(77, "channel", ""), new CopyInResponse(0, List.of(0, 0)),
                new CopyOutResponse(1, List.of(1, 1, 1)), new CopyBothResponse(0, List.of()),
                new FunctionCallResponse(Bytes.of(new byte[]{5})), new FunctionCallResponse(null),
                new CopyData(Bytes.utf8("x")), new CopyDone());
    }

    private static Map<String, String> startupParameters() {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("user", "app");
        parameters.put("database", "shop");
        parameters.put("options", "-c search_path=a\\ b");
        parameters.put("application_name", "");
        return parameters;
    }

    private static List<Bytes> valuesWithNull() {
        return Arrays.asList(Bytes.utf8("a"), null, Bytes.EMPTY);
    }

    private static List<Bytes> nulls(int count) {
        return new ArrayList<>(Collections.nCopies(count, null));
    }
}
