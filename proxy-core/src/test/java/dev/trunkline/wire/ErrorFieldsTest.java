package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.trunkline.error.ProxyError;
import dev.trunkline.wire.ErrorFields.Field;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorFieldsTest {

    @Test
    void anErrorOfTheProxy() {
        var error = ProxyError.NOT_OVER_NODES.with("MERGE", "Do it by key.").withDetail("Because.").withPosition(7);
        assertEquals(List.of(new Field((byte) 'S', "ERROR"), new Field((byte) 'V', "ERROR"),
                new Field((byte) 'C', "TL002"),
                new Field((byte) 'M', "MERGE is not supported over several nodes"), new Field((byte) 'D', "Because."),
                new Field((byte) 'H', "Do it by key."), new Field((byte) 'P', "7")), ErrorFields.of(error).fields());
    }

    @Test
    void whatAnErrorLacksIsNotSent() {
        var fields = BackendMessage.ErrorResponse.of(ProxyError.IN_FAILED_TRANSACTION.with()).fields();
        assertEquals(4, fields.fields().size());
        assertNull(fields.get(ErrorFields.HINT));
        assertNull(fields.get(ErrorFields.POSITION));
    }

    @Test
    void violationsAreFatalOnlyWhenTheStreamIsLost() {
        assertEquals("FATAL", ErrorFields.of(ProtocolViolation.outOfStep("invalid message length")).severity());
        assertEquals("ERROR", ErrorFields.of(ProtocolViolation.malformed("invalid message format")).severity());
    }

    @Test
    void severityOfOldServers() {
        assertEquals("CHYBA", new ErrorFields(List.of(new Field((byte) 'S', "CHYBA"))).severity());
    }
}
