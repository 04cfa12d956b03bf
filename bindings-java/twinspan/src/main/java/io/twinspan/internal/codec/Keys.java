package io.twinspan.internal.codec;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Keys of maps and elements of sets: integers, texts, bytes, enums, UUIDs, dates and times, and
 * arrays of these. Untyped, bytes become read-only {@link ByteBuffer}s and arrays unmodifiable
 * lists, which compare by their contents.
 */
final class Keys {
    /**
     * Classes whose unequal values are never equal on the wire, when all keys are of one of them.
     */
    private static final Set<Class<?>> DISTINCT =
            Set.of(
                    String.class,
                    Long.class,
                    Integer.class,
                    Short.class,
                    Byte.class,
                    UUID.class,
                    Instant.class,
                    LocalDate.class);

    /** Beyond this many keys their hash codes are looked at, because a peer chose them. */
    private static final int WATCHED = 512;

    /**
     * More keys of one hash code than this are an attack: each would be compared with all the
     * others.
     */
    private static final int MOST_EQUAL_HASHES = 64;

    private Keys() {}

    static boolean distinct(Collection<?> keys) {
        Class<?> only = null;
        int left = keys.size();
        for (Object key : keys) {
            if (key == null || left-- == 0) {
                return false;
            }
            if (only == null) {
                only = key.getClass();
                if (!DISTINCT.contains(only)) {
                    return false;
                }
            } else if (only != key.getClass()) {
                return false;
            }
        }
        return true;
    }

    static void write(Writer writer, Object key) {
        if (key instanceof String
                || key instanceof Long
                || key instanceof Integer
                || key instanceof Short
                || key instanceof Byte
                || key instanceof BigInteger
                || key instanceof byte[]
                || key instanceof ByteBuffer
                || key instanceof Character
                || key instanceof Enum
                || key instanceof UUID
                || key != null && Times.encoder(key.getClass()) != null) {
            writer.inside();
            Encoders.write(writer, key);
            writer.outside();
        } else if (key instanceof List<?> parts) {
            array(writer, parts);
        } else if (key instanceof Object[] parts) {
            array(writer, Arrays.asList(parts));
        } else {
            throw ValueException.of(
                    (key == null ? "null" : Show.a(key.getClass().getName()))
                            + " can't be a key or an element of a set");
        }
    }

    private static void array(Writer writer, List<?> parts) {
        writer.enter(1);
        writer.array(parts.size());
        for (Object part : parts) {
            write(writer, part);
        }
        writer.leave(1);
    }

    /** Refuses the next item, which stays, when it can't be a key. */
    static void expect(Reader reader) {
        reader.expectInside();
        int start = reader.position();
        switch (reader.major()) {
            case Writer.UNSIGNED, Writer.NEGATIVE, Writer.BYTES, Writer.TEXT -> {}
            case Writer.ARRAY -> {
                int count = reader.arrayLength("a key");
                reader.enter(1);
                for (int i = 0; i < count; i++) {
                    expect(reader);
                    reader.skip();
                }
                reader.leave(1);
                reader.seek(start);
            }
            case Writer.TAG -> {
                long tag = reader.peekTag();
                if (tag != Tag.BIG_POSITIVE
                        && tag != Tag.BIG_NEGATIVE
                        && tag != Tag.UUID
                        && !Times.isTag(tag)) {
                    throw reader.mismatch("a key or an element of a set");
                }
            }
            default -> throw reader.mismatch("a key or an element of a set");
        }
    }

    /** Reads a key of unknown type; {@link #expect} has let it pass. */
    static Object read(Reader reader) {
        switch (reader.major()) {
            case Writer.BYTES -> {
                return ByteBuffer.wrap(reader.bytes("bytes")).asReadOnlyBuffer();
            }
            case Writer.ARRAY -> {
                int count = reader.arrayLength("a key");
                List<Object> parts = new ArrayList<>(Math.min(count, 16));
                reader.enter(1);
                for (int i = 0; i < count; i++) {
                    parts.add(read(reader));
                }
                reader.leave(1);
                return Collections.unmodifiableList(parts);
            }
            default -> {
                return Untyped.read(reader);
            }
        }
    }

    /**
     * Refuses keys that were chosen to collide. Text and long keys are ordered inside their bucket
     * and need no watch.
     */
    static void watch(Object[] keys, int count) {
        if (count < WATCHED) {
            return;
        }
        int[] hashes = new int[count];
        int watched = 0;
        for (int i = 0; i < count; i++) {
            if (!(keys[i] instanceof String) && !(keys[i] instanceof Long)) {
                hashes[watched++] = keys[i].hashCode();
            }
        }
        Arrays.sort(hashes, 0, watched);
        for (int i = MOST_EQUAL_HASHES; i < watched; i++) {
            if (hashes[i] == hashes[i - MOST_EQUAL_HASHES]) {
                throw ValueException.of(
                        "more than "
                                + MOST_EQUAL_HASHES
                                + " keys were chosen to have the same hash code");
            }
        }
    }
}
