package dev.trunkline.session;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** The warnings that a class logs, from now on until the end. */
final class LoggedWarnings extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final Logger logger;
    private final List<String> texts = new CopyOnWriteArrayList<>();

    private LoggedWarnings(Logger logger) {
        this.logger = logger;
    }

    static LoggedWarnings of(Class<?> type) {
        LoggedWarnings warnings = new LoggedWarnings((Logger) LoggerFactory.getLogger(type));
        warnings.setContext(warnings.logger.getLoggerContext());
        warnings.start();
        warnings.logger.addAppender(warnings);
        return warnings;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel() == Level.WARN) {
            texts.add(event.getFormattedMessage());
        }
    }

    int count() {
        return texts.size();
    }

    @Override
    public String toString() {
        return texts.toString();
    }

    @Override
    public void close() {
        logger.detachAppender(this);
    }
}
