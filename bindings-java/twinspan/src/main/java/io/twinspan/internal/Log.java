package io.twinspan.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Arrays;

/**
 * The logger {@code twinspan}. Asked for only when there is something to say, so that SLF4J doesn't
 * speak up in silent programs.
 */
final class Log {
    private Log() {}

    private static final class Holder {
        static final Logger LOGGER = LoggerFactory.getLogger("twinspan");
    }

    static void warn(String text, Object... arguments) {
        try {
            Holder.LOGGER.warn(text, arguments);
        } catch (NoClassDefFoundError e) {
            // A class path with our jar alone: the platform's logger has to do.
            System.getLogger("twinspan")
                    .log(System.Logger.Level.WARNING, text + " " + Arrays.toString(arguments));
        }
    }
}
