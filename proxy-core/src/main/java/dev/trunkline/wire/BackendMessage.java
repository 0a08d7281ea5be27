package dev.trunkline.wire;

import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a server sends, named as in the PostgreSQL manual; {@link FrontendMessage} explains the drawings. CopyData and
 * CopyDone, which go both ways, stand there.
 */
public sealed interface BackendMessage permits BackendMessage.Authentication, BackendMessage.BackendKeyData,
        BackendMessage.ParameterStatus, BackendMessage.ReadyForQuery, BackendMessage.NegotiateProtocolVersion,
        BackendMessage.RowDescription, BackendMessage.DataRow, BackendMessage.CommandComplete,
        BackendMessage.EmptyQueryResponse, BackendMessage.ErrorResponse, BackendMessage.NoticeResponse,
        BackendMessage.ParseComplete, BackendMessage.BindComplete, BackendMessage.CloseComplete, BackendMessage.NoData,
        BackendMessage.ParameterDescription, BackendMessage.PortalSuspended, BackendMessage.NotificationResponse,
        BackendMessage.CopyInResponse, BackendMessage.CopyOutResponse, BackendMessage.CopyBothResponse,
        BackendMessage.FunctionCallResponse, FrontendMessage.CopyData, FrontendMessage.CopyDone {

    /**
     * The messages of the login dialog: one type byte, told apart by the code that follows.
     *
     * <pre>
     * 'R' | int32 length | int32 code | ...
     * </pre>
     */
    sealed interface Authentication extends BackendMessage {}

    /**
     * The client is in.
     *
     * <pre>
     * 'R' | int32 8 | int32 0
     * </pre>
     */
    record AuthenticationOk() implements Authentication {}

    /**
     * Asks for the password as it is.
     *
     * <pre>
     * 'R' | int32 8 | int32 3
     * </pre>
     */
    record AuthenticationCleartextPassword() implements Authentication {}

    /**
     * Asks for {@code md5(md5(password + user) + salt)}.
     *
     * <pre>
     * 'R' | int32 12 | int32 5 | bytes[4] salt
     * </pre>
     */
    record AuthenticationMD5Password(Bytes salt) implements Authentication {}

    /**
     * Offers SASL mechanisms, the preferred one first.
     *
     * <pre>
     * 'R' | int32 length | int32 10 | (string mechanism)* | int8 0
     * </pre>
     */
    record AuthenticationSASL(List<String> mechanisms) implements Authentication {

        public AuthenticationSASL {
            mechanisms = List.copyOf(mechanisms);
        }
    }

    /**
     * Goes on with a SASL dialog.
     *
     * <pre>
     * 'R' | int32 length | int32 11 | bytes[length - 8] data
     * </pre>
     */
    record AuthenticationSASLContinue(Bytes data) implements Authentication {}

    /**
     * Ends a SASL dialog with the server's own proof.
     *
     * <pre>
     * 'R' | int32 length | int32 12 | bytes[length - 8] data
     * </pre>
     */
    record AuthenticationSASLFinal(Bytes data) implements Authentication {}

    /** A method that nothing here speaks: Kerberos (2), GSSAPI (7, 8), SSPI (9) or one yet to be invented. */
    record AuthenticationOther(int code, Bytes data) implements Authentication {}

    /**
     * Names the session for CancelRequest. The key has 4 bytes in protocol 3.0, up to 256 in 3.2.
     *
     * <pre>
     * 'K' | int32 length | int32 processId | bytes[length - 8] secretKey
     * </pre>
     */
    record BackendKeyData(int processId, Bytes secretKey) implements BackendMessage {}

    /**
     * A setting's value, at startup and whenever it changes.
     *
     * <pre>
     * 'S' | int32 length | string name | string value
     * </pre>
     */
    record ParameterStatus(String name, String value) implements BackendMessage {}

    /**
     * The server waits for the next query or pipeline.
     *
     * <pre>
     * 'Z' | int32 5 | int8 'I', 'T' or 'E'
     * </pre>
     */
    record ReadyForQuery(TransactionStatus status) implements BackendMessage {}

    /**
     * Offers an older minor version, and names the {@code _pq_.} options that are not known. {@code version} is the whole
     * word (196608 is 3.0): the manual says "minor version", servers and drivers have always meant this.
     *
     * <pre>
     * 'v' | int32 length | int32 version | int32 n | (string option)[n]
     * </pre>
     */
    record NegotiateProtocolVersion(int version, List<String> options) implements BackendMessage {

        public NegotiateProtocolVersion {
            options = List.copyOf(options);
        }
    }

    /**
     * A column of a result. {@code typeSize} is pg_type.typlen (negative: variable), {@code modifier} pg_attribute.atttypmod,
     * {@code format} 0 for text and 1 for binary; {@code tableOid} and {@code columnNumber} are 0 for an expression.
     *
     * <pre>
     * string name | int32 tableOid | int16 columnNumber | int32 typeOid | int16 typeSize | int32 modifier | int16 format
     * </pre>
     */
    record Field(String name, int tableOid, int columnNumber, int typeOid, int typeSize, int modifier, int format) {}

    /**
     * The columns of the rows to come.
     *
     * <pre>
     * 'T' | int32 length | int16 n | Field[n]
     * </pre>
     */
    record RowDescription(List<Field> fields) implements BackendMessage {

        public RowDescription {
            fields = List.copyOf(fields);
        }
    }

    /**
     * A row; a null value is NULL.
     *
     * <pre>
     * 'D' | int32 length | int16 n | (int32 size (-1: NULL) | bytes[size] value)[n]
     * </pre>
     */
    record DataRow(List<Bytes> values) implements BackendMessage {

        public DataRow {
            values = Collections.unmodifiableList(new ArrayList<>(values));
        }
    }

    /**
     * A statement is done.
     *
     * <pre>
     * 'C' | int32 length | string tag
     * </pre>
     */
    record CommandComplete(String tag) implements BackendMessage {}

    /**
     * Stands for CommandComplete when the query was empty.
     *
     * <pre>
     * 'I' | int32 4
     * </pre>
     */
    record EmptyQueryResponse() implements BackendMessage {}

    /**
     * An error.
     *
     * <pre>
     * 'E' | int32 length | (int8 code | string value)* | int8 0
     * </pre>
     */
    record ErrorResponse(ErrorFields fields) implements BackendMessage {

        public static ErrorResponse of(ProxyException error) {
            return new ErrorResponse(ErrorFields.of(error));
        }
    }

    /**
     * A warning or another message beside the results, at any time.
     *
     * <pre>
     * 'N' | int32 length | (int8 code | string value)* | int8 0
     * </pre>
     */
    record NoticeResponse(ErrorFields fields) implements BackendMessage {}

    /**
     * Answers Parse.
     *
     * <pre>
     * '1' | int32 4
     * </pre>
     */
    record ParseComplete() implements BackendMessage {}

    /**
     * Answers Bind.
     *
     * <pre>
     * '2' | int32 4
     * </pre>
     */
    record BindComplete() implements BackendMessage {}

    /**
     * Answers Close.
     *
     * <pre>
     * '3' | int32 4
     * </pre>
     */
    record CloseComplete() implements BackendMessage {}

    /**
     * Answers Describe where there are no rows to describe.
     *
     * <pre>
     * 'n' | int32 4
     * </pre>
     */
    record NoData() implements BackendMessage {}

    /**
     * Answers Describe of a statement, before RowDescription or NoData.
     *
     * <pre>
     * 't' | int32 length | int16 n | int32 typeOid[n]
     * </pre>
     */
    record ParameterDescription(List<Integer> types) implements BackendMessage {

        public ParameterDescription {
            types = List.copyOf(types);
        }
    }

    /**
     * Stands for CommandComplete when Execute's limit was reached first.
     *
     * <pre>
     * 's' | int32 4
     * </pre>
     */
    record PortalSuspended() implements BackendMessage {}

    /**
     * A NOTIFY of somebody.
     *
     * <pre>
     * 'A' | int32 length | int32 processId | string channel | string payload
     * </pre>
     */
    record NotificationResponse(int processId, String channel, String payload) implements BackendMessage {}

    /**
     * The server waits for CopyData. {@code format} is 1 when the whole is binary.
     *
     * <pre>
     * 'G' | int32 length | int8 format | int16 n | int16 columnFormat[n]
     * </pre>
     */
    record CopyInResponse(int format, List<Integer> columnFormats) implements BackendMessage {

        public CopyInResponse {
            columnFormats = List.copyOf(columnFormats);
        }
    }

    /**
     * The server will send CopyData.
     *
     * <pre>
     * 'H' | int32 length | int8 format | int16 n | int16 columnFormat[n]
     * </pre>
     */
    record CopyOutResponse(int format, List<Integer> columnFormats) implements BackendMessage {

        public CopyOutResponse {
            columnFormats = List.copyOf(columnFormats);
        }
    }

    /**
     * CopyData goes both ways: replication alone.
     *
     * <pre>
     * 'W' | int32 length | int8 format | int16 n | int16 columnFormat[n]
     * </pre>
     */
    record CopyBothResponse(int format, List<Integer> columnFormats) implements BackendMessage {

        public CopyBothResponse {
            columnFormats = List.copyOf(columnFormats);
        }
    }

    /**
     * Answers FunctionCall; a null value is NULL.
     *
     * <pre>
     * 'V' | int32 length | int32 size (-1: NULL) | bytes[size] value
     * </pre>
     */
    record FunctionCallResponse(Bytes value) implements BackendMessage {}
}
