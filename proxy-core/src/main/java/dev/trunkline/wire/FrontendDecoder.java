package dev.trunkline.wire;

import dev.trunkline.wire.FrontendMessage.AuthenticationResponse;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.Close;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.CopyFail;
import dev.trunkline.wire.FrontendMessage.Describe;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.FunctionCall;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.Initial;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.PasswordMessage;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.SASLInitialResponse;
import dev.trunkline.wire.FrontendMessage.SASLResponse;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.FrontendMessage.Terminate;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;

/**
 * Reads what clients send. Each method consumes a whole body, whose length {@link FrameLimits} has checked, and throws a
 * {@link ProtocolViolation} for one that does not hold what its type says.
 */
public final class FrontendDecoder {

    private static final int MAX_CANCEL_KEY = 256;

    private FrontendDecoder() {}

    /** The body of a packet without a type byte: the first on a connection, or the next after an encryption request. */
    public static Initial decodeInitial(ByteBuf body) {
        int code = Body.int32(body);
        return switch (code) {
            case ProtocolVersion.SSL_REQUEST -> Body.end(body, new SSLRequest());
            case ProtocolVersion.GSSENC_REQUEST -> Body.end(body, new GSSENCRequest());
            case ProtocolVersion.CANCEL_REQUEST -> cancelRequest(body);
            default -> startup(code, body);
        };
    }

    public static FrontendMessage decode(byte type, ByteBuf body) {
        return switch (type) {
            case MessageTypes.QUERY -> Body.end(body, new Query(CString.read(body)));
            case MessageTypes.PARSE -> Body.end(body,
                    new Parse(CString.read(body), CString.read(body), Body.oids(body)));
            case MessageTypes.BIND -> bind(body);
            case MessageTypes.DESCRIBE -> Body.end(body, new Describe(target(body, "DESCRIBE"), CString.read(body)));
            case MessageTypes.EXECUTE -> Body.end(body, new Execute(CString.read(body), Body.int32(body)));
            case MessageTypes.CLOSE -> Body.end(body, new Close(target(body, "CLOSE"), CString.read(body)));
            case MessageTypes.FLUSH -> Body.end(body, new Flush());
            case MessageTypes.SYNC -> Body.end(body, new Sync());
            case MessageTypes.TERMINATE -> Body.end(body, new Terminate());
            case MessageTypes.AUTHENTICATION_RESPONSE -> new AuthenticationResponse(Body.rest(body));
            case MessageTypes.COPY_DATA -> new CopyData(Body.rest(body));
            case MessageTypes.COPY_DONE -> Body.end(body, new CopyDone());
            case MessageTypes.COPY_FAIL -> Body.end(body, new CopyFail(CString.read(body)));
            case MessageTypes.FUNCTION_CALL -> functionCall(body);
            default -> throw ProtocolViolation.unknownFrontend(type);
        };
    }

    /** The body of 'p' after AuthenticationCleartextPassword or AuthenticationMD5Password. */
    public static PasswordMessage decodePassword(ByteBuf body) {
        return Body.end(body, new PasswordMessage(CString.read(body)));
    }

    /** The body of 'p' after AuthenticationSASL. */
    public static SASLInitialResponse decodeSaslInitialResponse(ByteBuf body) {
        return Body.end(body, new SASLInitialResponse(CString.read(body), Body.value(body)));
    }

    /** The body of 'p' after AuthenticationSASLContinue. */
    public static SASLResponse decodeSaslResponse(ByteBuf body) {
        return new SASLResponse(Body.rest(body));
    }

    private static StartupMessage startup(int version, ByteBuf body) {
        if (ProtocolVersion.major(version) != 3) {
            throw ProtocolViolation.unsupportedVersion(version);
        }
        var parameters = new LinkedHashMap<String, String>();
        while (body.bytesBefore((byte) 0) > 0) {
            String name = CString.read(body);
            if (body.bytesBefore((byte) 0) < 0) {
                break;
            }
            parameters.put(name, CString.read(body));
        }
        if (body.readableBytes() == 1 && body.readByte() == 0) {
            return new StartupMessage(version, parameters);
        }
        throw ProtocolViolation.outOfStep("invalid startup packet layout: expected terminator as last byte");
    }

    private static CancelRequest cancelRequest(ByteBuf body) {
        int length = body.readableBytes() - 4;
        if (length <= 0 || length > MAX_CANCEL_KEY) {
            throw ProtocolViolation.noClient("invalid length of cancel request packet");
        }
        return new CancelRequest(body.readInt(), Body.rest(body));
    }

    private static Bind bind(ByteBuf body) {
        String portal = CString.read(body);
        String statement = CString.read(body);
        var formats = Body.formats(body);
        var values = Body.values(body);
        if (formats.size() > 1 && formats.size() != values.size()) {
            throw ProtocolViolation.malformed("bind message has " + formats.size() + " parameter formats but "
                    + values.size() + " parameters");
        }
        return Body.end(body, new Bind(portal, statement, formats, values, Body.formats(body)));
    }

    private static FunctionCall functionCall(ByteBuf body) {
        int function = Body.int32(body);
        var formats = Body.formats(body);
        var values = Body.values(body);
        if (formats.size() > 1 && formats.size() != values.size()) {
            throw ProtocolViolation.malformed("function call message contains " + formats.size()
                    + " argument formats but " + values.size() + " arguments");
        }
        return Body.end(body, new FunctionCall(function, formats, values, Body.format(body)));
    }

    private static Target target(ByteBuf body, String message) {
        byte code = Body.int8(body);
        return switch (code) {
            case 'S' -> Target.STATEMENT;
            case 'P' -> Target.PORTAL;
            default -> throw ProtocolViolation.malformed("invalid " + message + " message subtype " + (code & 0xFF));
        };
    }
}
