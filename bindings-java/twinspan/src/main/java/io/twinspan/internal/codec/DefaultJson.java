package io.twinspan.internal.codec;

import io.twinspan.NodeRef;
import io.twinspan.ServiceRef;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * Defaults as JSON, in the words that {@code twinspan call} reads: the type beside a default says
 * what a text stands for. Python writes the same for the same value.
 */
final class DefaultJson {
    /** Longest default that is told, in characters. */
    static final int LONGEST = 1024;

    private static final int DEEPEST = 8;

    private DefaultJson() {}

    /** Whether a missing value is null, or one of the JDK's empty optionals. */
    static boolean isNull(Object value) {
        return value == null
                || value instanceof Optional<?> one && one.isEmpty()
                || value instanceof OptionalInt a && a.isEmpty()
                || value instanceof OptionalLong b && b.isEmpty()
                || value instanceof OptionalDouble c && c.isEmpty();
    }

    /** A value of the type {@code kind}; null where JSON can't say it, or not that briefly. */
    static String of(Object value, String kind) {
        String said = said(value, kind, 0);
        return said == null || said.length() > LONGEST ? null : said;
    }

    private static String said(Object value, String declared, int depth) {
        String kind =
                declared.endsWith("?") ? declared.substring(0, declared.length() - 1) : declared;
        if (isNull(value)) {
            return "null";
        }
        if (value instanceof Boolean) {
            return value.toString();
        }
        if (value instanceof Enum<?> constant) {
            return kind.startsWith("enum ") ? text(constant.name()) : null;
        }
        if (value instanceof Double || value instanceof Float) {
            return number(value.toString());
        }
        if (value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte
                || value instanceof BigInteger) {
            return value.toString();
        }
        if (value instanceof CharSequence || value instanceof Character) {
            return kind.equals("text") || kind.equals(Grammar.ANY) ? text(value.toString()) : null;
        }
        if (value instanceof Collection<?> items) {
            return depth > DEEPEST ? null : items(items, kind, depth);
        }
        if (value instanceof Map<?, ?> map) {
            return depth > DEEPEST ? null : members(map, kind, depth);
        }
        String text = scalar(value, kind);
        return text == null ? null : text(text);
    }

    private static String scalar(Object value, String kind) {
        return switch (kind) {
            case "decimal" -> value instanceof BigDecimal ? value.toString() : null;
            case "service_ref" -> value instanceof ServiceRef ? value.toString() : null;
            case "node_ref" -> value instanceof NodeRef ? value.toString() : null;
            case "uuid" -> value instanceof UUID ? value.toString() : null;
            case "bytes" ->
                    value instanceof byte[] bytes
                            ? Base64.getEncoder().encodeToString(bytes)
                            : null;
            case "duration" -> value instanceof Duration ? value.toString() : null;
            case "date" -> value instanceof LocalDate ? value.toString() : null;
            case "time" ->
                    value instanceof LocalTime time
                            ? DateTimeFormatter.ISO_LOCAL_TIME.format(time)
                            : null;
            case "local_datetime" ->
                    value instanceof LocalDateTime moment
                            ? DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(moment)
                            : null;
            case "instant" ->
                    value instanceof Instant moment
                            ? DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                                    moment.atOffset(ZoneOffset.UTC))
                            : null;
            case "offset_datetime" ->
                    value instanceof OffsetDateTime moment
                            ? DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(moment)
                            : null;
            case "zoned_datetime" ->
                    value instanceof ZonedDateTime moment
                            ? DateTimeFormatter.ISO_ZONED_DATE_TIME.format(moment)
                            : null;
            default -> null;
        };
    }

    private static String items(Collection<?> items, String kind, int depth) {
        boolean list = kind.startsWith("list<") || kind.startsWith("set<");
        if (!list && !kind.equals(Grammar.ANY)) {
            return null;
        }
        String inner = list ? inner(kind).get(0) : Grammar.ANY;
        List<String> all = new ArrayList<>();
        for (Object item : items) {
            String said = said(item, inner, depth + 1);
            if (said == null) {
                return null;
            }
            all.add(said);
        }
        if (items instanceof Set) {
            all.sort(null);
        }
        return "[" + String.join(", ", all) + "]";
    }

    private static String members(Map<?, ?> map, String kind, int depth) {
        boolean typed = kind.startsWith("map<");
        if (!typed && !kind.equals(Grammar.ANY)) {
            return null;
        }
        String inner = typed ? inner(kind).get(1) : Grammar.ANY;
        List<String> all = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String key = entry.getKey() instanceof String name ? text(name) : null;
            String said = said(entry.getValue(), inner, depth + 1);
            if (key == null || said == null) {
                return null;
            }
            all.add(key + ": " + said);
        }
        return "{" + String.join(", ", all) + "}";
    }

    /** The types between the brackets of a type, at the commas outside of further brackets. */
    private static List<String> inner(String kind) {
        List<String> parts = new ArrayList<>();
        int deep = 0;
        int start = kind.indexOf('<') + 1;
        for (int i = start; i < kind.length() - 1; i++) {
            char c = kind.charAt(i);
            deep += c == '<' ? 1 : c == '>' ? -1 : 0;
            if (c == ',' && deep == 0) {
                parts.add(kind.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(kind.substring(start, kind.length() - 1));
        return parts;
    }

    /** The shortest digits that mean this number, spelt as Python spells them. */
    private static String number(String written) {
        double value = Double.parseDouble(written);
        if (!Double.isFinite(value)) {
            return null;
        }
        BigDecimal shortest = new BigDecimal(written);
        for (int digits = 1; digits < shortest.precision(); digits++) {
            BigDecimal rounded = shortest.round(new MathContext(digits));
            if (rounded.doubleValue() == value) {
                shortest = rounded;
            }
        }
        String sign = written.startsWith("-") ? "-" : "";
        String digits = shortest.unscaledValue().abs().toString().replaceAll("(?<=.)0+$", "");
        if (digits.equals("0")) {
            return sign + "0.0";
        }
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            String rest = digits.length() > 1 ? "." + digits.substring(1) : "";
            return String.format(
                    "%s%c%se%s%02d",
                    sign, digits.charAt(0), rest, exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        if (exponent < 0) {
            return sign + "0." + "0".repeat(-exponent - 1) + digits;
        }
        String whole =
                digits.length() > exponent + 1
                        ? digits.substring(0, exponent + 1)
                        : digits + "0".repeat(exponent + 1 - digits.length());
        String rest = digits.length() > exponent + 1 ? digits.substring(exponent + 1) : "0";
        return sign + whole + "." + rest;
    }

    /** Null for lone surrogates, which don't cross. */
    private static String text(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                out.append(c).append(text.charAt(++i));
            } else if (Character.isSurrogate(c)) {
                return null;
            } else {
                switch (c) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    case '\b' -> out.append("\\b");
                    case '\f' -> out.append("\\f");
                    default -> out.append(c < ' ' ? String.format("\\u%04x", (int) c) : c);
                }
            }
        }
        return out.append('"').toString();
    }
}
