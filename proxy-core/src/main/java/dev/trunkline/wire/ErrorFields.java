package dev.trunkline.wire;

import dev.trunkline.error.ProxyException;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The fields of an ErrorResponse or NoticeResponse, in the order in which they were sent. Fields of unknown codes are kept,
 * so that a node's error passes through untouched.
 */
public record ErrorFields(List<Field> fields) {

    public static final byte SEVERITY = 'S';
    /** The severity that no locale translates. */
    public static final byte SEVERITY_NAME = 'V';
    public static final byte SQL_STATE = 'C';
    public static final byte MESSAGE = 'M';
    public static final byte DETAIL = 'D';
    public static final byte HINT = 'H';
    /** Counted in characters of the query, from 1. */
    public static final byte POSITION = 'P';
    public static final byte INTERNAL_POSITION = 'p';
    public static final byte INTERNAL_QUERY = 'q';
    public static final byte WHERE = 'W';
    public static final byte SCHEMA = 's';
    public static final byte TABLE = 't';
    public static final byte COLUMN = 'c';
    public static final byte DATA_TYPE = 'd';
    public static final byte CONSTRAINT = 'n';
    public static final byte FILE = 'F';
    public static final byte LINE = 'L';
    public static final byte ROUTINE = 'R';

    /** One field. Zero bytes, which the protocol can't carry, are dropped: an error text may quote what a client sent. */
    public record Field(byte code, String value) {

        public Field {
            if (value.indexOf('\0') >= 0) {
                value = value.replace("\0", "");
            }
        }
    }

    public ErrorFields {
        fields = List.copyOf(fields);
    }

    /** Severity (localized and not), SQLSTATE and message: what every error has. */
    public static ErrorFields of(String severity, String sqlState, String message) {
        return new ErrorFields(List.of(new Field(SEVERITY, severity), new Field(SEVERITY_NAME, severity),
                new Field(SQL_STATE, sqlState), new Field(MESSAGE, message)));
    }

    /** An error of the proxy that leaves the session alive. */
    public static ErrorFields of(ProxyException error) {
        return of("ERROR", error);
    }

    /** An error of the proxy; FATAL and PANIC announce that the connection closes. */
    public static ErrorFields of(String severity, ProxyException error) {
        return of(severity, error.sqlState(), error.getMessage()).withDetail(error.detail()).withHint(error.hint())
                .withPosition(error.position());
    }

    public static ErrorFields of(ProtocolViolation violation) {
        return of(violation.fatal() ? "FATAL" : "ERROR", violation.error());
    }

    /** These fields with one more; a null value adds nothing. */
    public ErrorFields with(byte code, String value) {
        if (value == null) {
            return this;
        }
        var more = new ArrayList<>(fields);
        more.add(new Field(code, value));
        return new ErrorFields(more);
    }

    /** The same error with another severity. */
    public ErrorFields withSeverity(String severity) {
        return new ErrorFields(fields.stream().map(field -> field.code == SEVERITY || field.code == SEVERITY_NAME
                ? new Field(field.code, severity)
                : field).toList());
    }

    public ErrorFields withDetail(String detail) {
        return with(DETAIL, detail);
    }

    public ErrorFields withHint(String hint) {
        return with(HINT, hint);
    }

    /** A position in characters, from 1; none when it is not positive. */
    public ErrorFields withPosition(int position) {
        return position > 0 ? with(POSITION, Integer.toString(position)) : this;
    }

    /** The value of the first field with the code, or null. */
    public String get(byte code) {
        for (Field field : fields) {
            if (field.code == code) {
                return field.value;
            }
        }
        return null;
    }

    /** The severity that no locale translates; the localized one from servers older than 9.6. */
    public String severity() {
        String name = get(SEVERITY_NAME);
        return name != null ? name : get(SEVERITY);
    }

    public String sqlState() {
        return get(SQL_STATE);
    }

    public String message() {
        return get(MESSAGE);
    }

    static ErrorFields read(ByteBuf in) {
        var fields = new ArrayList<Field>(8);
        while (true) {
            if (!in.isReadable()) {
                throw ProtocolViolation.malformed("insufficient data left in message");
            }
            byte code = in.readByte();
            if (code == 0) {
                return new ErrorFields(fields);
            }
            fields.add(new Field(code, CString.read(in)));
        }
    }

    void write(ByteBuf out) {
        for (Field field : fields) {
            out.writeByte(field.code);
            CString.write(out, field.value);
        }
        out.writeByte(0);
    }
}
