package io.twinspan.internal.codec;

import io.twinspan.RemoteStream;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.stream.BaseStream;
import java.util.stream.Stream;

/**
 * Which types and values are streams. A stream is no value: among the arguments a mark stands for
 * it, and its items cross one by one.
 */
public final class StreamTypes {
    /**
     * What the parameter of a stream is decoded to; whoever calls the method puts a stream there.
     */
    public static final Object MARK = new Object();

    private static final String ONLY =
            "a stream crosses only as an argument itself or as the result of a call, not inside of"
                    + " another value";

    private StreamTypes() {}

    /**
     * Answers whether a declared type is a stream.
     *
     * @param type of a parameter or a result
     * @return true for {@code RemoteStream}, {@code Stream}, {@code Iterator} and {@code
     *     Flow.Publisher}
     */
    public static boolean isStream(Type type) {
        Class<?> raw = Types.raw(type);
        return raw == RemoteStream.class
                || raw == Stream.class
                || raw == Iterator.class
                || raw == Flow.Publisher.class;
    }

    /**
     * Answers whether a declared type takes a stream as well as a list.
     *
     * @param type of a parameter or a result
     * @return true for {@code Iterable}
     */
    public static boolean isEither(Type type) {
        return Types.raw(type) == Iterable.class;
    }

    /**
     * Answers whether a class is one of streams, whether or not it can be declared.
     *
     * @param type a class
     * @return true for the above and for {@code IntStream}, say
     */
    public static boolean isStreamLike(Class<?> type) {
        return Iterator.class.isAssignableFrom(type)
                || BaseStream.class.isAssignableFrom(type)
                || Flow.Publisher.class.isAssignableFrom(type)
                || RemoteStream.class.isAssignableFrom(type);
    }

    /**
     * Answers whether a value is sent item by item.
     *
     * @param value an argument or a result
     * @return true for an iterator, a stream or a publisher
     */
    public static boolean isSource(Object value) {
        return value instanceof Iterator
                || value instanceof BaseStream
                || value instanceof Flow.Publisher
                || value instanceof RemoteStream;
    }

    /**
     * Answers the type of a stream's items.
     *
     * @param type a stream's
     * @return {@code Object} when it isn't declared
     */
    public static Type item(Type type) {
        if (!(type instanceof ParameterizedType generic)) {
            return Object.class;
        }
        Type item = generic.getActualTypeArguments()[0];
        if (item instanceof WildcardType wildcard) {
            item = wildcard.getUpperBounds()[0];
        }
        return item instanceof TypeVariable<?> ? Types.raw(item) : item;
    }

    static ValueException misplaced() {
        return ValueException.of(ONLY);
    }

    /** Takes the mark, or else a value: a list where {@code value} is null. */
    static Decoder decoder(Type type, Decoder value) {
        Decoder list = value != null ? value : Containers.list(Types.decoder(item(type)));
        return reader -> {
            if (reader.peekTag() != Tag.STREAM) {
                return list.decode(reader);
            }
            reader.tag(Tag.STREAM, "a stream");
            if (!reader.takeNull()) {
                throw ValueException.of("a stream's mark holds a value");
            }
            return MARK;
        };
    }
}
