package dev.trunkline.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class BackendConnectorTest {

    /** The detail of "node is not reachable" was "finishConnect(..) failed with error(-111)". */
    @Test
    void theReasonIsInWords() {
        assertEquals("Connection refused", BackendConnector.reason(new ConnectException(
                "finishConnect(..) failed with error(-111): Connection refused: /127.0.0.1:5432")));
        assertEquals("No route to host", BackendConnector.reason(new ConnectException(
                "connect(..) failed with error(-113): No route to host: db.test/10.0.0.1:5432")));
        assertEquals("Connection refused",
                BackendConnector.reason(new ConnectException("Connection refused: /127.0.0.1:5432")));
        assertEquals("connection timed out after 5000 ms",
                BackendConnector.reason(new ConnectException("connection timed out after 5000 ms: /10.0.0.1:5432")));
        assertEquals("IOException", BackendConnector.reason(new IOException()));
    }
}
