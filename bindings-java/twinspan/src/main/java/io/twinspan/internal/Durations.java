package io.twinspan.internal;

import io.twinspan.Kind;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations in annotations: {@code 200ms}, {@code 1.5s}. */
final class Durations {
    private static final Pattern TEXT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(us|ms|s|m|h)");
    private static final Map<String, ChronoUnit> UNITS =
            Map.of(
                    "us",
                    ChronoUnit.MICROS,
                    "ms",
                    ChronoUnit.MILLIS,
                    "s",
                    ChronoUnit.SECONDS,
                    "m",
                    ChronoUnit.MINUTES,
                    "h",
                    ChronoUnit.HOURS);

    private Durations() {}

    static Duration parse(String text, String where) {
        Matcher found = TEXT.matcher(text.strip());
        if (found.matches()) {
            long unit = UNITS.get(found.group(2)).getDuration().toNanos();
            long nanos = Math.round(Double.parseDouble(found.group(1)) * unit);
            if (nanos > 0) {
                return Duration.ofNanos(nanos);
            }
        }
        throw Raise.error(
                Kind.BAD_CONFIG,
                "the timeout `" + text + "` of `" + where + "` is no duration",
                "Write it like 200ms, 1.5s or 2m.");
    }
}
