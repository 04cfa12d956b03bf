package io.twinspan.internal;

import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.ValueException;

import java.util.Map;

/** The encoded values of the neck: maps with text keys. */
public final class Wire {
    private Wire() {}

    static byte[] encode(Map<String, ?> map) {
        return Codec.encodeValue(map);
    }

    /**
     * Reads an encoded value.
     *
     * @param encoded one map with text keys
     * @return the map
     */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> map(byte[] encoded) {
        if (untyped(encoded) instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw new IllegalArgumentException("an encoded value is no map");
    }

    /**
     * Reads the fields of an exception, which a peer encoded.
     *
     * @param encoded one map with text keys, or null
     * @return the map; empty if it is none
     */
    public static Map<String, Object> fields(byte[] encoded) {
        try {
            return encoded == null ? Map.of() : map(encoded);
        } catch (ValueException | IllegalArgumentException e) {
            return Map.of();
        }
    }

    static Object untyped(byte[] encoded) {
        return Codec.decode(encoded, Object.class);
    }

    /** A value that was read untyped, as the declared type; null if it isn't one. */
    static Object convert(Object value, java.lang.reflect.Type type) {
        try {
            return Codec.decode(Codec.encodeValue(value), type);
        } catch (ValueException e) {
            return null;
        }
    }
}
