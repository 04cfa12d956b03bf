package io.twinspan.internal.codec;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.time.temporal.Temporal;
import java.util.Map;

/**
 * Dates, times and durations. An instant is whole seconds, floored, and the nanoseconds when there
 * are any, in this order. Readers stand at the tag.
 */
final class Times {
    private static final int SECONDS = 1;
    private static final int NANOSECONDS = -9;
    private static final long LAST_NANO = 999_999_999;
    private static final DateTimeFormatter STRICT_DATE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd").withResolverStyle(ResolverStyle.STRICT);

    private static final Map<Class<?>, Encoder> ENCODERS =
            Map.of(
                    Instant.class, (writer, value) -> write(writer, (Instant) value),
                    OffsetDateTime.class, (writer, value) -> write(writer, (OffsetDateTime) value),
                    ZonedDateTime.class, (writer, value) -> write(writer, (ZonedDateTime) value),
                    LocalDate.class,
                            (writer, value) -> {
                                writer.tag(Tag.DATE);
                                writer.integer(((LocalDate) value).toEpochDay());
                            },
                    LocalTime.class,
                            (writer, value) -> {
                                writer.tag(Tag.LOCAL_TIME);
                                writer.integer(((LocalTime) value).toNanoOfDay());
                            },
                    LocalDateTime.class, (writer, value) -> write(writer, (LocalDateTime) value),
                    Duration.class,
                            (writer, value) -> {
                                Duration duration = (Duration) value;
                                seconds(
                                        writer,
                                        Tag.DURATION,
                                        duration.getSeconds(),
                                        duration.getNano());
                            });

    private static final Map<Class<?>, Decoder> DECODERS =
            Map.of(
                    Instant.class, Times::instant,
                    OffsetDateTime.class, Times::typedOffset,
                    ZonedDateTime.class, Times::typedZoned,
                    LocalDate.class, Times::date,
                    LocalTime.class, Times::time,
                    LocalDateTime.class, Times::dateTime,
                    Duration.class, Times::duration,
                    Temporal.class, Times::pointInTime);

    private Times() {}

    static Encoder encoder(Class<?> type) {
        return ENCODERS.get(type);
    }

    /**
     * The decoder of a declared type, null let through nowhere; null when it is none of this
     * file's.
     */
    static Decoder decoder(Class<?> type) {
        Decoder decoder = DECODERS.get(type);
        return decoder == null ? null : reader -> checked(reader, decoder);
    }

    static boolean isTag(long tag) {
        return tag == Tag.DATE
                || tag == Tag.DATE_TEXT
                || tag == Tag.INSTANT
                || tag == Tag.DURATION
                || tag >= Tag.OFFSET_DATE_TIME && tag <= Tag.LOCAL_DATE_TIME;
    }

    static Object untyped(Reader reader) {
        return checked(
                reader,
                switch ((int) reader.peekTag()) {
                    case Tag.INSTANT -> Times::instant;
                    case Tag.DURATION -> Times::duration;
                    case Tag.OFFSET_DATE_TIME -> Times::offset;
                    case Tag.ZONED_DATE_TIME -> Times::zoned;
                    case Tag.LOCAL_TIME -> Times::time;
                    case Tag.LOCAL_DATE_TIME -> Times::dateTime;
                    default -> Times::date;
                });
    }

    private static Object checked(Reader reader, Decoder decoder) {
        try {
            return decoder.decode(reader);
        } catch (DateTimeException | ArithmeticException e) {
            throw ValueException.of("not a Java date or time: " + e.getMessage(), e);
        }
    }

    private static void seconds(Writer writer, int tag, long seconds, int nanoseconds) {
        writer.tag(tag);
        writer.map(nanoseconds == 0 ? 1 : 2);
        writer.integer(SECONDS);
        writer.integer(seconds);
        if (nanoseconds != 0) {
            writer.integer(NANOSECONDS);
            writer.integer(nanoseconds);
        }
    }

    private static void write(Writer writer, Instant value) {
        seconds(writer, Tag.INSTANT, value.getEpochSecond(), value.getNano());
    }

    private static void write(Writer writer, OffsetDateTime value) {
        writer.tag(Tag.OFFSET_DATE_TIME);
        writer.array(2);
        seconds(writer, Tag.INSTANT, value.toEpochSecond(), value.getNano());
        writer.integer(minutes(value.getOffset()));
    }

    private static void write(Writer writer, ZonedDateTime value) {
        if (value.getZone() instanceof ZoneOffset) {
            // Python has no zone of such a name, but knows a fixed offset.
            write(writer, value.toOffsetDateTime());
            return;
        }
        writer.tag(Tag.ZONED_DATE_TIME);
        writer.array(3);
        seconds(writer, Tag.INSTANT, value.toEpochSecond(), value.getNano());
        writer.integer(minutes(value.getOffset()));
        writer.text(value.getZone().getId());
    }

    private static void write(Writer writer, LocalDateTime value) {
        writer.tag(Tag.LOCAL_DATE_TIME);
        writer.array(2);
        writer.integer(value.toLocalDate().toEpochDay());
        writer.integer(value.toLocalTime().toNanoOfDay());
    }

    private static int minutes(ZoneOffset offset) {
        if (offset.getTotalSeconds() % 60 != 0) {
            throw ValueException.of("the offset " + offset + " is not whole minutes");
        }
        return offset.getTotalSeconds() / 60;
    }

    private static Instant instant(Reader reader) {
        reader.tag(Tag.INSTANT, "an instant");
        int parts = secondsParts(reader);
        long seconds = reader.integer("the seconds of an instant");
        return Instant.ofEpochSecond(seconds, nanoseconds(reader, parts));
    }

    private static Duration duration(Reader reader) {
        reader.tag(Tag.DURATION, "a duration");
        int parts = secondsParts(reader);
        long seconds = reader.integer("the seconds of a duration");
        return Duration.ofSeconds(seconds, nanoseconds(reader, parts));
    }

    private static int secondsParts(Reader reader) {
        int parts = reader.mapLength("seconds and nanoseconds");
        if (parts < 1 || parts > 2 || reader.integer("the key of the seconds") != SECONDS) {
            throw ValueException.of("not whole seconds, and then nanoseconds");
        }
        return parts;
    }

    private static long nanoseconds(Reader reader, int parts) {
        if (parts == 1) {
            return 0;
        }
        if (reader.integer("the key of the nanoseconds") != NANOSECONDS) {
            throw ValueException.of("not whole seconds, and then nanoseconds");
        }
        return reader.integer(1, LAST_NANO, "nanoseconds within a second");
    }

    private static OffsetDateTime offset(Reader reader) {
        reader.tag(Tag.OFFSET_DATE_TIME, "a date-time with an offset");
        Scalars.parts(reader, 2);
        Instant instant = instant(reader);
        return instant.atOffset(zoneOffset(reader));
    }

    private static ZoneOffset zoneOffset(Reader reader) {
        return ZoneOffset.ofTotalSeconds(
                60 * (int) reader.integer(-24 * 60, 24 * 60, "an offset in minutes"));
    }

    private static ZonedDateTime zoned(Reader reader) {
        reader.tag(Tag.ZONED_DATE_TIME, "a zoned date-time");
        Scalars.parts(reader, 3);
        Instant instant = instant(reader);
        ZoneOffset offset = zoneOffset(reader);
        ZonedDateTime value = instant.atZone(zone(reader.text("the id of a zone")));
        if (!value.getOffset().equals(offset)) {
            throw ValueException.of(
                    "the sender's "
                            + value.getZone()
                            + " is at "
                            + offset
                            + " then, but the time zone data"
                            + " here say "
                            + value.getOffset());
        }
        return value;
    }

    /** Java reads more than names of zones, and writes some of them in another way. */
    private static ZoneId zone(String id) {
        ZoneId zone = ZoneId.of(id);
        if (zone instanceof ZoneOffset || !zone.getId().equals(id)) {
            throw ValueException.of("the zone " + Show.text(id) + " is an offset and no zone");
        }
        return zone;
    }

    /** An instant is one at UTC, as Python's aware date-times in UTC travel. */
    private static OffsetDateTime typedOffset(Reader reader) {
        return reader.peekTag() == Tag.INSTANT
                ? instant(reader).atOffset(ZoneOffset.UTC)
                : offset(reader);
    }

    private static ZonedDateTime typedZoned(Reader reader) {
        return switch ((int) reader.peekTag()) {
            case Tag.INSTANT -> instant(reader).atZone(ZoneOffset.UTC);
            case Tag.OFFSET_DATE_TIME -> offset(reader).toZonedDateTime();
            default -> zoned(reader);
        };
    }

    /** A declared {@code Temporal}: whichever of the four the sender has, as Python's datetime. */
    private static Temporal pointInTime(Reader reader) {
        return switch ((int) reader.peekTag()) {
            case Tag.INSTANT -> instant(reader);
            case Tag.OFFSET_DATE_TIME -> offset(reader);
            case Tag.ZONED_DATE_TIME -> zoned(reader);
            case Tag.LOCAL_DATE_TIME -> dateTime(reader);
            default ->
                    throw reader.mismatch(
                            "a Java Instant, OffsetDateTime, ZonedDateTime or LocalDateTime");
        };
    }

    private static LocalDate date(Reader reader) {
        if (reader.peekTag() == Tag.DATE_TEXT) {
            reader.head();
            return LocalDate.parse(reader.text("a date as text"), STRICT_DATE);
        }
        reader.tag(Tag.DATE, "a date");
        return LocalDate.ofEpochDay(reader.integer("days since 1970"));
    }

    private static LocalTime time(Reader reader) {
        reader.tag(Tag.LOCAL_TIME, "a local time");
        return LocalTime.ofNanoOfDay(reader.integer("nanoseconds of the day"));
    }

    private static LocalDateTime dateTime(Reader reader) {
        reader.tag(Tag.LOCAL_DATE_TIME, "a local date-time");
        Scalars.parts(reader, 2);
        LocalDate date = LocalDate.ofEpochDay(reader.integer("days since 1970"));
        return LocalDateTime.of(
                date, LocalTime.ofNanoOfDay(reader.integer("nanoseconds of the day")));
    }
}
