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

/** Writes what the proxy sends to nodes. The methods with plain arguments make no record: the hot path uses them. */
public final class FrontendEncoder {

    private static final int[] NO_TYPES = {};

    private FrontendEncoder() {}

    public static void encode(FrontendMessage message, ByteBuf out) {
        switch (message) {
            case StartupMessage m -> startup(out, m);
            case SSLRequest m -> out.writeInt(8).writeInt(ProtocolVersion.SSL_REQUEST);
            case GSSENCRequest m -> out.writeInt(8).writeInt(ProtocolVersion.GSSENC_REQUEST);
            case CancelRequest m -> out.writeInt(12 + m.secretKey().length()).writeInt(ProtocolVersion.CANCEL_REQUEST)
                    .writeInt(m.processId()).writeBytes(m.secretKey().array());
            case AuthenticationResponse m -> data(out, MessageTypes.AUTHENTICATION_RESPONSE, m.data());
            case PasswordMessage m -> string(out, MessageTypes.AUTHENTICATION_RESPONSE, m.password());
            case SASLInitialResponse m -> saslInitialResponse(out, m);
            case SASLResponse m -> data(out, MessageTypes.AUTHENTICATION_RESPONSE, m.data());
            case Query m -> query(out, m.sql());
            case Parse m -> parse(out, m);
            case Bind m -> bind(out, m);
            case Describe m -> describe(out, m.target(), m.name());
            case Execute m -> execute(out, m.portal(), m.maxRows());
            case Close m -> close(out, m.target(), m.name());
            case Flush m -> flush(out);
            case Sync m -> sync(out);
            case Terminate m -> terminate(out);
            case FunctionCall m -> functionCall(out, m);
            case CopyFail m -> copyFail(out, m.reason());
            case CopyData m -> data(out, MessageTypes.COPY_DATA, m.data());
            case CopyDone m -> copyDone(out);
        }
    }

    public static void query(ByteBuf out, String sql) {
        string(out, MessageTypes.QUERY, sql);
    }

    /** A query of UTF-8 bytes without a zero. */
    public static void query(ByteBuf out, byte[] sql, int offset, int length) {
        out.writeByte(MessageTypes.QUERY).writeInt(FrameLimits.LENGTH_BYTES + length + 1);
        out.writeBytes(sql, offset, length).writeByte(0);
    }

    public static void parse(ByteBuf out, String name, String sql) {
        parse(out, name, sql, NO_TYPES);
    }

    public static void parse(ByteBuf out, String name, String sql, int[] parameterTypes) {
        int start = Body.open(out, MessageTypes.PARSE);
        CString.write(out, name);
        CString.write(out, sql);
        parameterTypes(out, parameterTypes);
        Body.close(out, start);
    }

    /** As above, with SQL of UTF-8 bytes without a zero. */
    public static void parse(ByteBuf out, String name, byte[] sql, int offset, int length, int[] parameterTypes) {
        int start = Body.open(out, MessageTypes.PARSE);
        CString.write(out, name);
        out.writeBytes(sql, offset, length).writeByte(0);
        parameterTypes(out, parameterTypes);
        Body.close(out, start);
    }

    public static void describe(ByteBuf out, Target target, String name) {
        named(out, MessageTypes.DESCRIBE, target, name);
    }

    public static void execute(ByteBuf out, String portal, int maxRows) {
        int start = Body.open(out, MessageTypes.EXECUTE);
        CString.write(out, portal);
        out.writeInt(maxRows);
        Body.close(out, start);
    }

    public static void close(ByteBuf out, Target target, String name) {
        named(out, MessageTypes.CLOSE, target, name);
    }

    public static void flush(ByteBuf out) {
        Body.empty(out, MessageTypes.FLUSH);
    }

    public static void sync(ByteBuf out) {
        Body.empty(out, MessageTypes.SYNC);
    }

    public static void terminate(ByteBuf out) {
        Body.empty(out, MessageTypes.TERMINATE);
    }

    public static void copyDone(ByteBuf out) {
        Body.empty(out, MessageTypes.COPY_DONE);
    }

    public static void copyFail(ByteBuf out, String reason) {
        string(out, MessageTypes.COPY_FAIL, reason);
    }

    private static void startup(ByteBuf out, StartupMessage m) {
        int start = Body.open(out);
        out.writeInt(m.version());
        m.parameters().forEach((name, value) -> {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("an empty parameter name would end the startup packet");
            }
            CString.write(out, name);
            CString.write(out, value);
        });
        out.writeByte(0);
        Body.close(out, start);
    }

    private static void saslInitialResponse(ByteBuf out, SASLInitialResponse m) {
        int start = Body.open(out, MessageTypes.AUTHENTICATION_RESPONSE);
        CString.write(out, m.mechanism());
        Body.writeValue(out, m.response());
        Body.close(out, start);
    }

    private static void parse(ByteBuf out, Parse m) {
        int start = Body.open(out, MessageTypes.PARSE);
        CString.write(out, m.name());
        CString.write(out, m.sql());
        Body.writeOids(out, m.parameterTypes());
        Body.close(out, start);
    }

    private static void parameterTypes(ByteBuf out, int[] types) {
        Body.writeCount(out, types.length);
        for (int type : types) {
            out.writeInt(type);
        }
    }

    private static void bind(ByteBuf out, Bind m) {
        int start = Body.open(out, MessageTypes.BIND);
        CString.write(out, m.portal());
        CString.write(out, m.statement());
        Body.writeFormats(out, m.formats());
        Body.writeValues(out, m.values());
        Body.writeFormats(out, m.resultFormats());
        Body.close(out, start);
    }

    private static void functionCall(ByteBuf out, FunctionCall m) {
        int start = Body.open(out, MessageTypes.FUNCTION_CALL);
        out.writeInt(m.functionOid());
        Body.writeFormats(out, m.formats());
        Body.writeValues(out, m.values());
        out.writeShort(m.resultFormat());
        Body.close(out, start);
    }

    private static void named(ByteBuf out, byte type, Target target, String name) {
        int start = Body.open(out, type);
        out.writeByte(target.code());
        CString.write(out, name);
        Body.close(out, start);
    }

    private static void string(ByteBuf out, byte type, String text) {
        int start = Body.open(out, type);
        CString.write(out, text);
        Body.close(out, start);
    }

    private static void data(ByteBuf out, byte type, Bytes data) {
        out.writeByte(type).writeInt(FrameLimits.LENGTH_BYTES + data.length()).writeBytes(data.array());
    }
}
