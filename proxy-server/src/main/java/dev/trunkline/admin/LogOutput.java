package dev.trunkline.admin;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import dev.trunkline.config.LogConfig;
import java.util.Iterator;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** Makes the log what the configuration file asks for: {@code logback.xml} writes text. */
public final class LogOutput {

    private LogOutput() {}

    /** Takes over format and level; a level that the file leaves out stays as it is. */
    public static void apply(LogConfig config) {
        if (config.format() == LogConfig.Format.JSON) {
            json();
        }
        level(config);
    }

    /** The level alone, which may change while the proxy runs. */
    public static void level(LogConfig config) {
        if (config.level() != null) {
            LogLevel.set(config.level().name().toLowerCase(Locale.ROOT));
        }
    }

    private static void json() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Iterator<Appender<ILoggingEvent>> appenders = context.getLogger(Logger.ROOT_LOGGER_NAME)
                .iteratorForAppenders();
        while (appenders.hasNext()) {
            if (appenders.next() instanceof OutputStreamAppender<ILoggingEvent> appender) {
                appender.stop();
                appender.setEncoder(encoder(context));
                appender.start();
            }
        }
    }

    static JsonEncoder encoder(LoggerContext context) {
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.setWithMessage(false);
        encoder.setWithArguments(false);
        encoder.setWithFormattedMessage(true);
        encoder.setWithContext(false);
        encoder.start();
        return encoder;
    }
}
