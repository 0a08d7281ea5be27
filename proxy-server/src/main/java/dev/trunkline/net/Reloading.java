package dev.trunkline.net;

import dev.trunkline.admin.Reload;
import dev.trunkline.config.Changeable;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationChange;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.Problem;
import dev.trunkline.error.ProxyError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration file again, for RELOAD and SIGHUP. All or nothing: a file with an error in it, or one that would
 * change where rows are (semantics.md 14), changes nothing. What only holds from the next start on is told, and the rest of
 * the file is applied.
 */
final class Reloading implements Reload {

    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    /** What is to be told of a newer configuration. */
    interface Parts {

        /** What the nodes have against it, as far as it is new. */
        List<Problem> objections(Configuration newer);

        void apply(Configuration newer);
    }

    private final Parts parts;
    private final Function<String, String> variables;
    private volatile Configuration current;

    Reloading(Configuration configuration, Function<String, String> variables, Parts parts) {
        this.current = configuration;
        this.variables = variables;
        this.parts = parts;
    }

    Configuration current() {
        return current;
    }

    @Override
    public CompletionStage<List<ConfigurationChange>> reload() {
        // Files are read, passwords hashed and schemas compared: nothing for an event loop.
        return CompletableFuture.supplyAsync(this::run,
                task -> Thread.ofPlatform().name("trunkline-reload").daemon().start(task));
    }

    private synchronized List<ConfigurationChange> run() {
        Configuration newer = read();
        List<ConfigurationChange> changes = ConfigurationChange.between(current, newer);
        List<ConfigurationChange> refused = changes.stream().filter(c -> c.changeable() == Changeable.NEVER).toList();
        if (!refused.isEmpty()) {
            LOG.warn("not reloaded, {} would change where rows are: {}", current.file(), refused);
            throw ProxyError.RELOAD_REFUSED.with(refused.getFirst().key()).withDetail(lines(refused));
        }
        List<Problem> objections = parts.objections(newer);
        if (!objections.isEmpty()) {
            throw unusable(objections);
        }
        newer.warnings().forEach(warning -> LOG.warn("{}", warning));
        parts.apply(newer);
        current = newer;
        LOG.info("reloaded {}: {}", newer.file(), changes.isEmpty() ? "nothing has changed" : changes);
        return changes;
    }

    private Configuration read() {
        String file = current.file();
        try {
            return Configuration.parse(file, Files.readString(Path.of(file)), variables::apply);
        } catch (ConfigurationException e) {
            throw unusable(e.problems().stream().filter(Problem::isError).toList());
        } catch (IOException e) {
            LOG.warn("not reloaded: {}", e.toString());
            throw ProxyError.CONFIGURATION_UNUSABLE.with("configuration file \"" + file + "\" can't be read")
                    .withDetail(e.toString());
        }
    }

    private static RuntimeException unusable(List<Problem> problems) {
        LOG.warn("not reloaded: {}", problems);
        return ProxyError.CONFIGURATION_UNUSABLE
                .with("configuration file \"" + problems.getFirst().file() + "\" contains "
                        + (problems.size() == 1 ? "an error" : problems.size() + " errors"))
                .withDetail(lines(problems));
    }

    private static String lines(List<?> items) {
        return items.stream().map(Object::toString).collect(Collectors.joining("\n"));
    }
}
