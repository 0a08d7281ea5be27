package dev.trunkline.parity;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A blocking client of PostgreSQL's protocol that writes down everything it is told. It shares no line with the proxy's
 * codecs, so that a mistake in them can't hide itself, and it logs in by trust only.
 */
final class PlainClient implements AutoCloseable {

    private static final Map<String, Integer> TYPE_OIDS = Map.ofEntries(Map.entry("bool", 16), Map.entry("bytea", 17),
            Map.entry("int8", 20), Map.entry("int2", 21), Map.entry("int4", 23), Map.entry("text", 25),
            Map.entry("float8", 701), Map.entry("bpchar", 1042), Map.entry("varchar", 1043), Map.entry("date", 1082),
            Map.entry("timestamp", 1114), Map.entry("timestamptz", 1184), Map.entry("numeric", 1700),
            Map.entry("uuid", 2950), Map.entry("_int4", 1007), Map.entry("_int8", 1016), Map.entry("_text", 1009));

    private static final int READ_TIMEOUT_MILLIS = 60_000;

    /** How values travel. */
    enum Format {
        TEXT,
        BINARY
    }

    /**
     * What a server said between two ReadyForQuery, line by line. Rows stand in the order in which they came.
     *
     * @param lines messages apart from notices and parameters
     * @param notices severity, SQLSTATE and text
     * @param error the SQLSTATE of the first error, null without one
     * @param status I, T or E
     */
    record Answer(List<String> lines, List<String> notices, Map<String, String> parameters, String error, char status) {

        /** With the rows between two other messages sorted. */
        List<String> asMultiset() {
            List<String> sorted = new ArrayList<>();
            List<String> rows = new ArrayList<>();
            for (String line : lines) {
                if (line.startsWith("DataRow ") || line.startsWith("CopyData ")) {
                    rows.add(line);
                } else {
                    rows.stream().sorted().forEach(sorted::add);
                    rows.clear();
                    sorted.add(line);
                }
            }
            rows.stream().sorted().forEach(sorted::add);
            return sorted;
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private char status;
    private boolean syncOwed;

    private List<String> lines = new ArrayList<>();
    private List<String> notices = new ArrayList<>();
    private Map<String, String> parameters = new TreeMap<>();
    private String error;
    private int[] parameterOids = {};

    PlainClient(int port, String user, String database) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        out = socket.getOutputStream();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(body);
        data.writeInt(3 << 16);
        for (String word : List.of("user", user, "database", database, "application_name", "parity")) {
            string(data, word);
        }
        data.write(0);
        DataOutputStream startup = new DataOutputStream(out);
        startup.writeInt(body.size() + 4);
        body.writeTo(startup);
        startup.flush();
        Answer answer = read(List.of());
        if (answer.error() != null) {
            socket.close();
            throw new IOException("cannot log in: " + answer.lines());
        }
    }

    /** I: idle, T: in a transaction, E: in a failed one. */
    char status() {
        return status;
    }

    /** Runs a string in the simple protocol; CopyInResponse is answered with the lines. */
    Answer query(String sql, List<String> copyLines) throws IOException {
        message('Q', data -> string(data, sql));
        send();
        return read(copyLines);
    }

    /**
     * Runs one statement in the extended protocol: in one go without parameters; with some the server is asked for their
     * types first.
     */
    Answer execute(String sql, List<StatementFile.Parameter> values, Format results, int fetch, List<String> copyLines)
            throws IOException {
        message('P', data -> parse(data, sql, values));
        if (!values.isEmpty()) {
            message('D', data -> describe(data, 'S'));
            message('S', data -> {
            });
            send();
            Answer described = read(List.of());
            if (described.error() != null) {
                return described;
            }
            Answer executed = bindAndExecute(values, results, fetch, copyLines);
            List<String> all = new ArrayList<>(described.lines());
            all.addAll(executed.lines());
            List<String> allNotices = new ArrayList<>(described.notices());
            allNotices.addAll(executed.notices());
            return new Answer(all, allNotices, executed.parameters(), executed.error(), executed.status());
        }
        return bindAndExecute(values, results, fetch, copyLines);
    }

    private Answer bindAndExecute(List<StatementFile.Parameter> values, Format results, int fetch,
            List<String> copyLines)
            throws IOException {
        message('B', data -> bind(data, values, results));
        message('D', data -> describe(data, 'P'));
        // A suspended portal goes on within the same series: it would end at Sync.
        for (int i = 0; i < (fetch == 0 ? 1 : 3); i++) {
            message('E', data -> execute(data, fetch));
        }
        // A server that reads CopyData ignores Sync: it follows the data, or the error that came instead of a request for them.
        syncOwed = !copyLines.isEmpty();
        message(syncOwed ? 'H' : 'S', data -> {
        });
        send();
        return read(copyLines);
    }

    /** Runs statements without parameters up to one Sync. */
    Answer pipeline(List<String> statements, Format results) throws IOException {
        for (String sql : statements) {
            message('P', data -> parse(data, sql, List.of()));
            message('B', data -> bind(data, List.of(), results));
            message('D', data -> describe(data, 'P'));
            message('E', data -> execute(data, 0));
        }
        message('S', data -> {
        });
        send();
        return read(List.of());
    }

    private static void parse(DataOutputStream data, String sql, List<StatementFile.Parameter> values)
            throws IOException {
        string(data, "");
        string(data, sql);
        data.writeShort(values.size());
        for (StatementFile.Parameter value : values) {
            if (value.type() != null && !TYPE_OIDS.containsKey(value.type())) {
                throw new IllegalArgumentException("unknown type of a parameter: " + value.type());
            }
            data.writeInt(value.type() == null ? 0 : TYPE_OIDS.get(value.type()));
        }
    }

    private static void describe(DataOutputStream data, char what) throws IOException {
        data.write(what);
        string(data, "");
    }

    private static void execute(DataOutputStream data, int fetch) throws IOException {
        string(data, "");
        data.writeInt(fetch);
    }

    private void bind(DataOutputStream data, List<StatementFile.Parameter> values, Format results) throws IOException {
        string(data, "");
        string(data, "");
        List<byte[]> binary = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            String value = values.get(i).value();
            int oid = i < parameterOids.length ? parameterOids[i] : 0;
            binary.add(results == Format.BINARY && value != null ? BinaryValue.of(oid, value) : null);
        }
        data.writeShort(values.size());
        for (byte[] value : binary) {
            data.writeShort(value == null ? 0 : 1);
        }
        data.writeShort(values.size());
        for (int i = 0; i < values.size(); i++) {
            String text = values.get(i).value();
            byte[] bytes = binary.get(i) != null
                    ? binary.get(i)
                    : text == null ? null : text.getBytes(StandardCharsets.UTF_8);
            data.writeInt(bytes == null ? -1 : bytes.length);
            if (bytes != null) {
                data.write(bytes);
            }
        }
        data.writeShort(1);
        data.writeShort(results == Format.BINARY ? 1 : 0);
    }

    /** Writes the body of a message. */
    private interface BodyWriter {
        void write(DataOutputStream data) throws IOException;
    }

    private void message(char type, BodyWriter writer) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        writer.write(new DataOutputStream(body));
        DataOutputStream data = new DataOutputStream(pending);
        data.write(type);
        data.writeInt(body.size() + 4);
        body.writeTo(data);
    }

    private void send() throws IOException {
        pending.writeTo(out);
        pending.reset();
        out.flush();
    }

    private static void string(DataOutputStream data, String text) throws IOException {
        data.write(text.getBytes(StandardCharsets.UTF_8));
        data.write(0);
    }

    private Answer read(List<String> copyLines) throws IOException {
        lines = new ArrayList<>();
        notices = new ArrayList<>();
        parameters = new TreeMap<>();
        error = null;
        while (true) {
            char type = (char) in.readUnsignedByte();
            byte[] body = in.readNBytes(in.readInt() - 4);
            ByteBuffer buffer = ByteBuffer.wrap(body);
            switch (type) {
                case 'Z' -> {
                    status = (char) body[0];
                    return new Answer(lines, notices, parameters, error, status);
                }
                case 'R' -> {
                    if (buffer.getInt() != 0) {
                        throw new IOException("the server asks for a password");
                    }
                }
                case 'K' -> {
                    // The key of a cancel request.
                }
                case 'S' -> parameters.put(text(buffer), text(buffer));
                case 'N' -> notices.add(fields(buffer, "SCM"));
                case 'E' -> {
                    error(buffer);
                    syncIfOwed();
                }
                case 'T' -> rowDescription(buffer);
                case 'D' -> dataRow(buffer);
                case 'C' -> lines.add("CommandComplete " + text(buffer));
                case 'G' -> {
                    lines.add("CopyInResponse");
                    copyIn(copyLines);
                    syncIfOwed();
                }
                case 'H' -> lines.add("CopyOutResponse");
                case 'd' -> lines.add("CopyData " + new String(body, StandardCharsets.UTF_8).strip());
                case 'c' -> lines.add("CopyDone");
                case 'I' -> lines.add("EmptyQueryResponse");
                case '1' -> lines.add("ParseComplete");
                case '2' -> lines.add("BindComplete");
                case '3' -> lines.add("CloseComplete");
                case 'n' -> lines.add("NoData");
                case 's' -> lines.add("PortalSuspended");
                case 't' -> parameterDescription(buffer);
                default -> throw new IOException("unexpected message " + type);
            }
        }
    }

    private void error(ByteBuffer buffer) throws IOException {
        String text = fields(buffer, "SCMP");
        lines.add("ErrorResponse " + text);
        if (error == null) {
            error = text.split(" ")[1];
        }
        if (text.startsWith("FATAL")) {
            throw new IOException(text);
        }
    }

    private void copyIn(List<String> copyLines) throws IOException {
        for (String line : copyLines) {
            message('d', data -> data.write((line + "\n").getBytes(StandardCharsets.UTF_8)));
        }
        message('c', data -> {
        });
        send();
    }

    private void syncIfOwed() throws IOException {
        if (syncOwed) {
            syncOwed = false;
            message('S', data -> {
            });
            send();
        }
    }

    private void parameterDescription(ByteBuffer buffer) {
        parameterOids = new int[buffer.getShort()];
        StringBuilder line = new StringBuilder("ParameterDescription");
        for (int i = 0; i < parameterOids.length; i++) {
            parameterOids[i] = buffer.getInt();
            line.append(' ').append(parameterOids[i]);
        }
        lines.add(line.toString());
    }

    /** Without the table's OID: it differs from database to database. */
    private void rowDescription(ByteBuffer buffer) {
        StringBuilder line = new StringBuilder("RowDescription");
        int count = buffer.getShort();
        for (int i = 0; i < count; i++) {
            line.append(' ').append(text(buffer));
            boolean ofTable = buffer.getInt() != 0;
            int column = buffer.getShort();
            line.append(ofTable ? "[column " + column + "]" : "").append(':').append(buffer.getInt()).append(':')
                    .append(buffer.getShort()).append(':').append(buffer.getInt()).append(':')
                    .append(buffer.getShort());
        }
        lines.add(line.toString());
    }

    private void dataRow(ByteBuffer buffer) {
        StringBuilder line = new StringBuilder("DataRow ");
        int count = buffer.getShort();
        for (int i = 0; i < count; i++) {
            int length = buffer.getInt();
            line.append(i == 0 ? "" : "|");
            if (length < 0) {
                line.append("NULL");
                continue;
            }
            byte[] value = new byte[length];
            buffer.get(value);
            for (byte b : value) {
                if (b >= ' ' && b <= '~') {
                    line.append((char) b);
                } else {
                    line.append("\\x%02x".formatted(b));
                }
            }
        }
        lines.add(line.toString());
    }

    private static String fields(ByteBuffer buffer, String wanted) {
        Map<Character, String> fields = new TreeMap<>();
        for (char field = (char) buffer.get(); field != 0; field = (char) buffer.get()) {
            fields.put(field, text(buffer));
        }
        StringBuilder text = new StringBuilder();
        for (char field : wanted.toCharArray()) {
            text.append(text.isEmpty() ? "" : " ").append(field == 'P' ? "at " : "").append(fields.get(field));
        }
        return text.toString();
    }

    private static String text(ByteBuffer buffer) {
        int start = buffer.position();
        while (buffer.get() != 0) {
            // Up to the zero.
        }
        return new String(buffer.array(), start, buffer.position() - 1 - start, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        try {
            message('X', data -> {
            });
            send();
        } catch (IOException e) {
            // The server has closed it already.
        }
        socket.close();
    }
}
