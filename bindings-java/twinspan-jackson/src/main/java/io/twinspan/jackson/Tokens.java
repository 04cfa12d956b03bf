package io.twinspan.jackson;

import io.twinspan.internal.codec.RegisteredRecord;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.databind.util.TokenBuffer;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values of the table as Jackson's tokens and back: maps with text keys and lists become structure,
 * what JSON has is what it is in JSON, all else is embedded as it is.
 */
final class Tokens {
    private Tokens() {}

    static TokenBuffer write(Object value) {
        TokenBuffer out = new TokenBuffer(ObjectWriteContext.empty(), true);
        write(out, value);
        return out;
    }

    private static void write(TokenBuffer out, Object value) {
        if (value instanceof String text) {
            out.writeString(text);
        } else if (value instanceof Long number) {
            out.writeNumber((long) number);
        } else if (value instanceof Double number) {
            out.writeNumber((double) number);
        } else if (value instanceof Boolean bool) {
            out.writeBoolean(bool);
        } else if (value instanceof BigInteger number) {
            out.writeNumber(number);
        } else if (value instanceof BigDecimal number) {
            out.writeNumber(number);
        } else if (value == null) {
            out.writeNull();
        } else if (value instanceof Map<?, ?> map
                && map.keySet().stream().allMatch(key -> key instanceof String)) {
            if (value instanceof RegisteredRecord record) {
                out.writeTypeId(record.name());
            }
            out.writeStartObject();
            map.forEach(
                    (key, part) -> {
                        out.writeName((String) key);
                        write(out, part);
                    });
            out.writeEndObject();
        } else if (value instanceof List<?> list) {
            out.writeStartArray();
            list.forEach(part -> write(out, part));
            out.writeEndArray();
        } else {
            out.writeEmbeddedObject(value);
        }
    }

    /** The value whose first token is the current one; its last one is current afterwards. */
    static Object read(JsonParser parser) {
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> {
                Object name = parser.getTypeId();
                Map<String, Object> out =
                        name == null
                                ? new LinkedHashMap<>()
                                : new RegisteredRecord(name.toString());
                yield object(parser, out);
            }
            case PROPERTY_NAME -> fields(parser, new LinkedHashMap<>());
            case START_ARRAY -> {
                List<Object> out = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    out.add(read(parser));
                }
                yield out;
            }
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValueExact();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_EMBEDDED_OBJECT -> parser.getEmbeddedObject();
            default -> null;
        };
    }

    private static Object object(JsonParser parser, Map<String, Object> out) {
        parser.nextToken();
        return fields(parser, out);
    }

    /** The current token is the name of the first field, or the end. */
    private static Object fields(JsonParser parser, Map<String, Object> out) {
        while (parser.currentToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            out.put(name, read(parser));
            parser.nextToken();
        }
        return out;
    }
}
