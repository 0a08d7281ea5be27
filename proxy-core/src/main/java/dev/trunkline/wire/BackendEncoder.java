package dev.trunkline.wire;

import dev.trunkline.wire.BackendMessage.AuthenticationCleartextPassword;
import dev.trunkline.wire.BackendMessage.AuthenticationMD5Password;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.AuthenticationOther;
import dev.trunkline.wire.BackendMessage.AuthenticationSASL;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLContinue;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLFinal;
import dev.trunkline.wire.BackendMessage.BackendKeyData;
import dev.trunkline.wire.BackendMessage.BindComplete;
import dev.trunkline.wire.BackendMessage.CloseComplete;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.CopyBothResponse;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.BackendMessage.CopyOutResponse;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.EmptyQueryResponse;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.FunctionCallResponse;
import dev.trunkline.wire.BackendMessage.NegotiateProtocolVersion;
import dev.trunkline.wire.BackendMessage.NoData;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.NotificationResponse;
import dev.trunkline.wire.BackendMessage.ParameterDescription;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ParseComplete;
import dev.trunkline.wire.BackendMessage.PortalSuspended;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import io.netty.buffer.ByteBuf;
import java.util.List;

/** Writes what the proxy answers clients. The methods with plain arguments make no record: the hot path uses them. */
public final class BackendEncoder {

    private BackendEncoder() {}

    public static void encode(BackendMessage message, ByteBuf out) {
        switch (message) {
            case AuthenticationOk m -> authentication(out, 0, Bytes.EMPTY);
            case AuthenticationCleartextPassword m -> authentication(out, 3, Bytes.EMPTY);
            case AuthenticationMD5Password m -> authentication(out, 5, m.salt());
            case AuthenticationSASL m -> sasl(out, m.mechanisms());
            case AuthenticationSASLContinue m -> authentication(out, 11, m.data());
            case AuthenticationSASLFinal m -> authentication(out, 12, m.data());
            case AuthenticationOther m -> authentication(out, m.code(), m.data());
            case BackendKeyData m -> backendKeyData(out, m.processId(), m.secretKey().array());
            case ParameterStatus m -> parameterStatus(out, m.name(), m.value());
            case ReadyForQuery m -> readyForQuery(out, m.status());
            case NegotiateProtocolVersion m -> negotiateProtocolVersion(out, m);
            case RowDescription m -> rowDescription(out, m.fields());
            case DataRow m -> dataRow(out, m.values());
            case CommandComplete m -> commandComplete(out, m.tag());
            case EmptyQueryResponse m -> emptyQueryResponse(out);
            case ErrorResponse m -> error(out, m.fields());
            case NoticeResponse m -> notice(out, m.fields());
            case ParseComplete m -> parseComplete(out);
            case BindComplete m -> bindComplete(out);
            case CloseComplete m -> closeComplete(out);
            case NoData m -> noData(out);
            case ParameterDescription m -> parameterDescription(out, m.types());
            case PortalSuspended m -> portalSuspended(out);
            case NotificationResponse m -> notification(out, m.processId(), m.channel(), m.payload());
            case CopyInResponse m -> copy(out, MessageTypes.COPY_IN_RESPONSE, m.format(), m.columnFormats());
            case CopyOutResponse m -> copy(out, MessageTypes.COPY_OUT_RESPONSE, m.format(), m.columnFormats());
            case CopyBothResponse m -> copy(out, MessageTypes.COPY_BOTH_RESPONSE, m.format(), m.columnFormats());
            case FunctionCallResponse m -> functionCallResponse(out, m.value());
            case CopyData m -> out.writeByte(MessageTypes.COPY_DATA)
                    .writeInt(FrameLimits.LENGTH_BYTES + m.data().length()).writeBytes(m.data().array());
            case CopyDone m -> Body.empty(out, MessageTypes.COPY_DONE);
        }
    }

    public static void backendKeyData(ByteBuf out, int processId, byte[] secretKey) {
        out.writeByte(MessageTypes.BACKEND_KEY_DATA).writeInt(8 + secretKey.length).writeInt(processId)
                .writeBytes(secretKey);
    }

    public static void parameterStatus(ByteBuf out, String name, String value) {
        int start = Body.open(out, MessageTypes.PARAMETER_STATUS);
        CString.write(out, name);
        CString.write(out, value);
        Body.close(out, start);
    }

    public static void readyForQuery(ByteBuf out, TransactionStatus status) {
        out.writeByte(MessageTypes.READY_FOR_QUERY).writeInt(5).writeByte(status.code());
    }

    public static void rowDescription(ByteBuf out, List<Field> fields) {
        int start = Body.open(out, MessageTypes.ROW_DESCRIPTION);
        Body.writeCount(out, fields.size());
        for (Field field : fields) {
            CString.write(out, field.name());
            out.writeInt(field.tableOid()).writeShort(field.columnNumber()).writeInt(field.typeOid())
                    .writeShort(field.typeSize()).writeInt(field.modifier()).writeShort(field.format());
        }
        Body.close(out, start);
    }

    public static void dataRow(ByteBuf out, List<Bytes> values) {
        int start = Body.open(out, MessageTypes.DATA_ROW);
        Body.writeValues(out, values);
        Body.close(out, start);
    }

    public static void commandComplete(ByteBuf out, String tag) {
        int start = Body.open(out, MessageTypes.COMMAND_COMPLETE);
        CString.write(out, tag);
        Body.close(out, start);
    }

    public static void emptyQueryResponse(ByteBuf out) {
        Body.empty(out, MessageTypes.EMPTY_QUERY_RESPONSE);
    }

    public static void error(ByteBuf out, ErrorFields fields) {
        fields(out, MessageTypes.ERROR_RESPONSE, fields);
    }

    public static void notice(ByteBuf out, ErrorFields fields) {
        fields(out, MessageTypes.NOTICE_RESPONSE, fields);
    }

    public static void parseComplete(ByteBuf out) {
        Body.empty(out, MessageTypes.PARSE_COMPLETE);
    }

    public static void bindComplete(ByteBuf out) {
        Body.empty(out, MessageTypes.BIND_COMPLETE);
    }

    public static void closeComplete(ByteBuf out) {
        Body.empty(out, MessageTypes.CLOSE_COMPLETE);
    }

    public static void noData(ByteBuf out) {
        Body.empty(out, MessageTypes.NO_DATA);
    }

    public static void portalSuspended(ByteBuf out) {
        Body.empty(out, MessageTypes.PORTAL_SUSPENDED);
    }

    public static void parameterDescription(ByteBuf out, List<Integer> types) {
        int start = Body.open(out, MessageTypes.PARAMETER_DESCRIPTION);
        Body.writeOids(out, types);
        Body.close(out, start);
    }

    public static void notification(ByteBuf out, int processId, String channel, String payload) {
        int start = Body.open(out, MessageTypes.NOTIFICATION_RESPONSE);
        out.writeInt(processId);
        CString.write(out, channel);
        CString.write(out, payload);
        Body.close(out, start);
    }

    private static void authentication(ByteBuf out, int code, Bytes data) {
        out.writeByte(MessageTypes.AUTHENTICATION).writeInt(8 + data.length()).writeInt(code)
                .writeBytes(data.array());
    }

    private static void sasl(ByteBuf out, List<String> mechanisms) {
        int start = Body.open(out, MessageTypes.AUTHENTICATION);
        out.writeInt(10);
        mechanisms.forEach(mechanism -> CString.write(out, mechanism));
        out.writeByte(0);
        Body.close(out, start);
    }

    private static void negotiateProtocolVersion(ByteBuf out, NegotiateProtocolVersion m) {
        int start = Body.open(out, MessageTypes.NEGOTIATE_PROTOCOL_VERSION);
        out.writeInt(m.version()).writeInt(m.options().size());
        m.options().forEach(option -> CString.write(out, option));
        Body.close(out, start);
    }

    private static void copy(ByteBuf out, byte type, int format, List<Integer> columnFormats) {
        int start = Body.open(out, type);
        out.writeByte(format);
        Body.writeFormats(out, columnFormats);
        Body.close(out, start);
    }

    private static void functionCallResponse(ByteBuf out, Bytes value) {
        int start = Body.open(out, MessageTypes.FUNCTION_CALL_RESPONSE);
        Body.writeValue(out, value);
        Body.close(out, start);
    }

    private static void fields(ByteBuf out, byte type, ErrorFields fields) {
        int start = Body.open(out, type);
        fields.write(out);
        Body.close(out, start);
    }
}
