package dev.trunkline.wire;

import dev.trunkline.wire.BackendMessage.Authentication;
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
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what nodes send. Each call consumes a whole body, and throws a {@link ProtocolViolation} for one that does not hold
 * what its type says: such a connection is out of step and gets closed.
 */
public final class BackendDecoder {

    /** A message's type and length. */
    private static final int HEADER = 5;
    private static final int MAX_CANCEL_KEY = 256;
    private static final int MIN_FIELD = 19;

    private BackendDecoder() {}

    /** The values of a DataRow with its type and length before it, null where one is NULL; the frame stays as it is. */
    public static List<Bytes> dataRow(ByteBuf frame) {
        ByteBuf body = frame.slice(frame.readerIndex() + HEADER, frame.readableBytes() - HEADER);
        return Body.end(body, Body.values(body));
    }

    public static BackendMessage decode(byte type, ByteBuf body) {
        return switch (type) {
            case MessageTypes.AUTHENTICATION -> authentication(body);
            case MessageTypes.BACKEND_KEY_DATA -> backendKeyData(body);
            case MessageTypes.PARAMETER_STATUS -> Body.end(body,
                    new ParameterStatus(CString.read(body), CString.read(body)));
            case MessageTypes.READY_FOR_QUERY -> Body.end(body,
                    new ReadyForQuery(TransactionStatus.of(Body.int8(body))));
            case MessageTypes.NEGOTIATE_PROTOCOL_VERSION -> negotiateProtocolVersion(body);
            case MessageTypes.ROW_DESCRIPTION -> rowDescription(body);
            case MessageTypes.DATA_ROW -> Body.end(body, new DataRow(Body.values(body)));
            case MessageTypes.COMMAND_COMPLETE -> Body.end(body, new CommandComplete(CString.read(body)));
            case MessageTypes.EMPTY_QUERY_RESPONSE -> Body.end(body, new EmptyQueryResponse());
            case MessageTypes.ERROR_RESPONSE -> Body.end(body, new ErrorResponse(ErrorFields.read(body)));
            case MessageTypes.NOTICE_RESPONSE -> Body.end(body, new NoticeResponse(ErrorFields.read(body)));
            case MessageTypes.PARSE_COMPLETE -> Body.end(body, new ParseComplete());
            case MessageTypes.BIND_COMPLETE -> Body.end(body, new BindComplete());
            case MessageTypes.CLOSE_COMPLETE -> Body.end(body, new CloseComplete());
            case MessageTypes.NO_DATA -> Body.end(body, new NoData());
            case MessageTypes.PARAMETER_DESCRIPTION -> Body.end(body, new ParameterDescription(Body.oids(body)));
            case MessageTypes.PORTAL_SUSPENDED -> Body.end(body, new PortalSuspended());
            case MessageTypes.NOTIFICATION_RESPONSE -> Body.end(body,
                    new NotificationResponse(Body.int32(body), CString.read(body), CString.read(body)));
            case MessageTypes.COPY_IN_RESPONSE -> Body.end(body,
                    new CopyInResponse(copyFormat(body), Body.formats(body)));
            case MessageTypes.COPY_OUT_RESPONSE -> Body.end(body,
                    new CopyOutResponse(copyFormat(body), Body.formats(body)));
            case MessageTypes.COPY_BOTH_RESPONSE -> Body.end(body,
                    new CopyBothResponse(copyFormat(body), Body.formats(body)));
            case MessageTypes.FUNCTION_CALL_RESPONSE -> Body.end(body, new FunctionCallResponse(Body.value(body)));
            case MessageTypes.COPY_DATA -> new CopyData(Body.rest(body));
            case MessageTypes.COPY_DONE -> Body.end(body, new CopyDone());
            default -> throw ProtocolViolation.outOfStep("invalid backend message type " + (type & 0xFF));
        };
    }

    private static Authentication authentication(ByteBuf body) {
        int code = Body.int32(body);
        return switch (code) {
            case 0 -> Body.end(body, new AuthenticationOk());
            case 3 -> Body.end(body, new AuthenticationCleartextPassword());
            case 5 -> Body.end(body, new AuthenticationMD5Password(Bytes.read(body, 4)));
            case 10 -> sasl(body);
            case 11 -> new AuthenticationSASLContinue(Body.rest(body));
            case 12 -> new AuthenticationSASLFinal(Body.rest(body));
            default -> new AuthenticationOther(code, Body.rest(body));
        };
    }

    private static AuthenticationSASL sasl(ByteBuf body) {
        var mechanisms = new ArrayList<String>();
        while (true) {
            String mechanism = CString.read(body);
            if (mechanism.isEmpty()) {
                return Body.end(body, new AuthenticationSASL(mechanisms));
            }
            mechanisms.add(mechanism);
        }
    }

    private static BackendKeyData backendKeyData(ByteBuf body) {
        int processId = Body.int32(body);
        int length = body.readableBytes();
        if (length < 4 || length > MAX_CANCEL_KEY) {
            throw ProtocolViolation.malformed("invalid length of cancel key");
        }
        return new BackendKeyData(processId, Body.rest(body));
    }

    private static NegotiateProtocolVersion negotiateProtocolVersion(ByteBuf body) {
        int version = Body.int32(body);
        int count = Body.int32(body);
        Body.require(body, count);
        var options = new ArrayList<String>(count);
        for (int i = 0; i < count; i++) {
            options.add(CString.read(body));
        }
        return Body.end(body, new NegotiateProtocolVersion(version, options));
    }

    private static RowDescription rowDescription(ByteBuf body) {
        int count = Body.count(body, MIN_FIELD);
        List<Field> fields = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            fields.add(new Field(CString.read(body), Body.int32(body), Body.int16(body), Body.int32(body),
                    Body.int16(body), Body.int32(body), Body.format(body)));
        }
        return Body.end(body, new RowDescription(fields));
    }

    private static int copyFormat(ByteBuf body) {
        int format = Body.int8(body);
        if (format != 0 && format != 1) {
            throw ProtocolViolation.formatCode(format);
        }
        return format;
    }
}
