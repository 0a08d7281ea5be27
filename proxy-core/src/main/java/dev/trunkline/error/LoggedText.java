package dev.trunkline.error;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the log has of an error's message. The client is told all of it; in the log nothing stands of what it has bound or written,
 * but for names.
 */
sealed interface LoggedText {

    /** The message speaks of names and numbers of ours alone. */
    LoggedText AS_TOLD = new AsTold();
    /** What the message has between double quotes may be a value, whatever it is. */
    LoggedText WITHOUT_VALUES = new WithoutQuotations(Pattern.compile(""));
    /** What it has there is a piece of a statement: a literal unless it is a word or an operator. */
    LoggedText WITHOUT_LITERALS = new WithoutQuotations(Pattern.compile("[A-Za-z_]\\w*|[^\\w\\s'\"$]+"));

    /** Another template over the same arguments. */
    static LoggedText as(String template) {
        return new As(template);
    }

    /** @param arguments what has filled the message's template */
    String of(String message, Object... arguments);

    record AsTold() implements LoggedText {

        @Override
        public String of(String message, Object... arguments) {
            return message;
        }
    }

    record As(String template) implements LoggedText {

        @Override
        public String of(String message, Object... arguments) {
            return String.format(template, arguments);
        }
    }

    /** @param harmless what may stand between the first double quote and the last: a value may have more of them inside */
    record WithoutQuotations(Pattern harmless) implements LoggedText {

        private static final Pattern QUOTATION = Pattern.compile("\"(.*)\"", Pattern.DOTALL);

        @Override
        public String of(String message, Object... arguments) {
            Matcher quotation = QUOTATION.matcher(message);
            return !quotation.find() || harmless.matcher(quotation.group(1)).matches()
                    ? message
                    : message.substring(0, quotation.start(1)) + "..." + message.substring(quotation.end(1));
        }
    }
}
