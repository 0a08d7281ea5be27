package dev.trunkline.admin;

import dev.trunkline.config.ConfigurationChange;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Reads the configuration file again. */
public interface Reload {

    /**
     * Applies what may change while the proxy runs, all of it or nothing.
     *
     * @return what differs from before; or a {@link dev.trunkline.error.ProxyException}: F0000 when the file can't be used,
     *         55P02 when it would change where rows are
     */
    CompletionStage<List<ConfigurationChange>> reload();
}
