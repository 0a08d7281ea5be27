package dev.trunkline.error;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** docs/errors.md lists every error that the proxy raises itself, and none that it doesn't. */
class ErrorsPageTest {

    @Test
    void thePageAndTheCodeAgree() throws IOException {
        Map<String, String> inCode = new TreeMap<>();
        for (ProxyError error : ProxyError.values()) {
            inCode.put(error.name(), error.sqlState() + " " + error.fault().name().toLowerCase(java.util.Locale.ROOT));
        }
        Map<String, String> onPage = new TreeMap<>();
        Path page = Path.of("..", "docs", "errors.md");
        for (String line : Files.readAllLines(page)) {
            String[] cells = line.split("\\|");
            if (cells.length > 3 && cells[1].strip().startsWith("`")) {
                onPage.put(cells[1].strip().replace("`", ""), cells[2].strip() + " " + cells[3].strip());
            }
        }
        assertEquals(inCode, onPage, "write what is missing into " + page.toAbsolutePath().normalize());
    }
}
