package dev.trunkline.session;

import dev.trunkline.wire.BackendEncoder;
import java.util.HashMap;
import java.util.Map;

/**
 * What the client has been told by ParameterStatus. Nodes report to whoever holds them; the client hears only of what is
 * different from what it knows.
 */
public final class ReportedParameters {

    private final Map<String, String> values;

    public ReportedParameters(Map<String, String> atLogin) {
        values = new HashMap<>(atLogin);
    }

    void changed(String name, String value, ClientOutput out) {
        if (!value.equals(values.put(name, value))) {
            BackendEncoder.parameterStatus(out.stage(), name, value);
        }
    }
}
