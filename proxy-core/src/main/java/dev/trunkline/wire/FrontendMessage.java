package dev.trunkline.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a client sends, named as in the PostgreSQL manual (Message Formats). In the drawings {@code int16} and
 * {@code int32} are big-endian, {@code string} is UTF-8 ended by a zero, {@code bytes[n]} is n bytes, and
 * {@code length} counts itself and all that follows it.
 *
 * <pre>
 *   client                                server
 *     | SSLRequest, GSSENCRequest (maybe)   |
 *     | ----------------------------------> |  'S' or 'N' (one byte), then TLS or plain
 *     | StartupMessage                      |
 *     | ----------------------------------> |
 *     |        Authentication... (a dialog) |
 *     | <---------------------------------- |
 *     |  ParameterStatus*, BackendKeyData,  |
 *     |                       ReadyForQuery |
 *     | <---------------------------------- |
 *     | Query  |  Parse Bind Execute ... Sync
 *     | ----------------------------------> |
 *     |             replies, ReadyForQuery  |
 *     | <---------------------------------- |
 * </pre>
 */
public sealed interface FrontendMessage {

    /** What is sent first on a connection: it has no type byte. */
    sealed interface Initial extends FrontendMessage {}

    /**
     * Opens a session. The parameters keep their order; {@code user} is required.
     *
     * <pre>
     * int32 length | int32 version | (string name | string value)* | int8 0
     * </pre>
     */
    record StartupMessage(int version, Map<String, String> parameters) implements Initial {

        public StartupMessage {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        }
    }

    /**
     * Asks for TLS.
     *
     * <pre>
     * int32 8 | int32 80877103
     * </pre>
     */
    record SSLRequest() implements Initial {}

    /**
     * Asks for GSSAPI encryption.
     *
     * <pre>
     * int32 8 | int32 80877104
     * </pre>
     */
    record GSSENCRequest() implements Initial {}

    /**
     * Asks to cancel another connection's statement. The key is as long as BackendKeyData's was: 4 bytes in protocol 3.0, up
     * to 256 in 3.2.
     *
     * <pre>
     * int32 length | int32 80877102 | int32 processId | bytes[length - 12] secretKey
     * </pre>
     */
    record CancelRequest(int processId, Bytes secretKey) implements Initial {}

    /**
     * A reply to an Authentication message before it is known to which.
     *
     * <pre>
     * 'p' | int32 length | bytes[length - 4] data
     * </pre>
     */
    record AuthenticationResponse(Bytes data) implements FrontendMessage {}

    /**
     * A password, clear or hashed.
     *
     * <pre>
     * 'p' | int32 length | string password
     * </pre>
     */
    record PasswordMessage(String password) implements FrontendMessage {

        @Override
        public String toString() {
            return "PasswordMessage[]";
        }
    }

    /**
     * Opens a SASL dialog. {@code response} is null when there is none.
     *
     * <pre>
     * 'p' | int32 length | string mechanism | int32 n (-1: null) | bytes[n] response
     * </pre>
     */
    record SASLInitialResponse(String mechanism, Bytes response) implements FrontendMessage {}

    /**
     * Goes on with a SASL dialog.
     *
     * <pre>
     * 'p' | int32 length | bytes[length - 4] data
     * </pre>
     */
    record SASLResponse(Bytes data) implements FrontendMessage {}

    /**
     * A simple query: one or more statements.
     *
     * <pre>
     * 'Q' | int32 length | string sql
     * </pre>
     */
    record Query(String sql) implements FrontendMessage {}

    /**
     * Makes a prepared statement. A type of 0, or one left out, is inferred.
     *
     * <pre>
     * 'P' | int32 length | string name | string sql | int16 n | int32 typeOid[n]
     * </pre>
     */
    record Parse(String name, String sql, List<Integer> parameterTypes) implements FrontendMessage {

        public Parse {
            parameterTypes = List.copyOf(parameterTypes);
        }
    }

    /**
     * Makes a portal. Formats (0 text, 1 binary) are none (all text), one (for all) or one for each. A null value is NULL.
     *
     * <pre>
     * 'B' | int32 length | string portal | string statement
     *     | int16 f | int16 format[f]
     *     | int16 n | (int32 size (-1: NULL) | bytes[size] value)[n]
     *     | int16 r | int16 resultFormat[r]
     * </pre>
     */
    record Bind(String portal, String statement, List<Integer> formats, List<Bytes> values,
            List<Integer> resultFormats) implements FrontendMessage {

        public Bind {
            formats = List.copyOf(formats);
            values = Collections.unmodifiableList(new ArrayList<>(values));
            resultFormats = List.copyOf(resultFormats);
        }
    }

    /** What Describe and Close name. */
    enum Target {
        STATEMENT('S'),
        PORTAL('P');

        private final byte code;

        Target(char code) {
            this.code = (byte) code;
        }

        public byte code() {
            return code;
        }
    }

    /**
     * Asks what a statement takes and gives, or what a portal gives.
     *
     * <pre>
     * 'D' | int32 length | int8 'S' or 'P' | string name
     * </pre>
     */
    record Describe(Target target, String name) implements FrontendMessage {}

    /**
     * Runs a portal, up to a number of rows (0: all).
     *
     * <pre>
     * 'E' | int32 length | string portal | int32 maxRows
     * </pre>
     */
    record Execute(String portal, int maxRows) implements FrontendMessage {}

    /**
     * Drops a statement or a portal; what does not exist is no error.
     *
     * <pre>
     * 'C' | int32 length | int8 'S' or 'P' | string name
     * </pre>
     */
    record Close(Target target, String name) implements FrontendMessage {}

    /**
     * Asks for the replies so far, without ending the pipeline.
     *
     * <pre>
     * 'H' | int32 4
     * </pre>
     */
    record Flush() implements FrontendMessage {}

    /**
     * Ends a pipeline: commits what is implicit, and ends the skipping after an error.
     *
     * <pre>
     * 'S' | int32 4
     * </pre>
     */
    record Sync() implements FrontendMessage {}

    /**
     * Says goodbye.
     *
     * <pre>
     * 'X' | int32 4
     * </pre>
     */
    record Terminate() implements FrontendMessage {}

    /**
     * Calls a function by OID; a relic that large objects still use.
     *
     * <pre>
     * 'F' | int32 length | int32 functionOid
     *     | int16 f | int16 format[f]
     *     | int16 n | (int32 size (-1: NULL) | bytes[size] value)[n]
     *     | int16 resultFormat
     * </pre>
     */
    record FunctionCall(int functionOid, List<Integer> formats, List<Bytes> values,
            int resultFormat) implements FrontendMessage {

        public FunctionCall {
            formats = List.copyOf(formats);
            values = Collections.unmodifiableList(new ArrayList<>(values));
        }
    }

    /**
     * Gives up a COPY FROM STDIN.
     *
     * <pre>
     * 'f' | int32 length | string reason
     * </pre>
     */
    record CopyFail(String reason) implements FrontendMessage {}

    /**
     * A piece of a COPY stream, cut where the sender liked; the backend cuts at rows. Of both directions.
     *
     * <pre>
     * 'd' | int32 length | bytes[length - 4] data
     * </pre>
     */
    record CopyData(Bytes data) implements FrontendMessage, BackendMessage {}

    /**
     * The end of a COPY stream. Of both directions.
     *
     * <pre>
     * 'c' | int32 4
     * </pre>
     */
    record CopyDone() implements FrontendMessage, BackendMessage {}
}
