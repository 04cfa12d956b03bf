package io.twinspan.internal.codec;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** Reads the text of {@code @Default} into a declared type. */
final class Defaults {
    private static final Map<Class<?>, Function<String, Object>> PARSERS =
            Map.ofEntries(
                    Map.entry(String.class, text -> text),
                    Map.entry(Boolean.class, Defaults::bool),
                    Map.entry(Byte.class, Byte::valueOf),
                    Map.entry(Short.class, Short::valueOf),
                    Map.entry(Integer.class, Integer::valueOf),
                    Map.entry(Long.class, Long::valueOf),
                    Map.entry(Float.class, Float::valueOf),
                    Map.entry(Double.class, Double::valueOf),
                    Map.entry(Character.class, Defaults::character),
                    Map.entry(BigInteger.class, BigInteger::new),
                    Map.entry(BigDecimal.class, BigDecimal::new),
                    Map.entry(UUID.class, UUID::fromString),
                    Map.entry(Instant.class, Instant::parse),
                    Map.entry(OffsetDateTime.class, OffsetDateTime::parse),
                    Map.entry(ZonedDateTime.class, ZonedDateTime::parse),
                    Map.entry(LocalDate.class, LocalDate::parse),
                    Map.entry(LocalTime.class, LocalTime::parse),
                    Map.entry(LocalDateTime.class, LocalDateTime::parse),
                    Map.entry(Duration.class, Duration::parse));

    private Defaults() {}

    static Object parse(String text, Type type) {
        Class<?> boxed =
                java.lang.invoke.MethodType.methodType(Types.raw(type)).wrap().returnType();
        try {
            if (boxed.isEnum()) {
                return Types.constant(boxed, text);
            }
            Function<String, Object> parser = PARSERS.get(boxed);
            if (parser == null) {
                throw ValueException.of("@Default is not for " + type.getTypeName());
            }
            return parser.apply(text);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw ValueException.of(
                    "@Default(" + Show.text(text) + ") is no " + type.getTypeName(), e);
        }
    }

    private static Object bool(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text);
        }
        return text.equals("true");
    }

    private static Object character(String text) {
        if (text.length() != 1) {
            throw new IllegalArgumentException(text);
        }
        return text.charAt(0);
    }
}
