package io.twinspan.internal.codec;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Values to payloads and back. A payload is one CBOR item in preferred encoding; what can't cross
 * without a loss is a {@link ValueException} that names the path.
 */
public final class Codec {
    private static final Object[] NO_ARGUMENTS = {};

    private Codec() {}

    /**
     * Encodes a result, or any other single value.
     *
     * @param value the value
     * @return the payload
     * @throws ValueException when it can't cross
     */
    public static byte[] encodeValue(Object value) {
        Writer writer = value instanceof byte[] bytes ? Writer.of(bytes.length) : new Writer();
        try {
            Encoders.write(writer, value);
        } catch (ValueException e) {
            throw e.field("value");
        }
        return writer.payload();
    }

    /**
     * Encodes a result, or any other single value, for the core: what is large stands beside it.
     *
     * @param value the value, which must not change before the core has it
     * @return the payload
     * @throws ValueException when it can't cross
     */
    public static Payload payload(Object value) {
        Writer writer =
                value instanceof byte[] bytes && bytes.length < Parts.LARGE
                        ? Writer.of(bytes.length)
                        : Writer.withParts();
        try {
            Encoders.write(writer, value);
        } catch (ValueException e) {
            throw e.field("value");
        }
        return writer.finished();
    }

    /**
     * Encodes a result, or any other single value, for the core: nothing of the value is needed any
     * more.
     *
     * @param value the value
     * @return the payload
     * @throws ValueException when it can't cross
     */
    public static Payload copy(Object value) {
        return new Payload(encodeValue(value), null);
    }

    /**
     * Encodes the arguments of a call for the core: what is large stands beside them.
     *
     * @param positional those given by place; null for none
     * @param named those given by name; null for none
     * @return the payload
     * @throws ValueException when one can't cross; the path begins with its name or {@code
     *     arguments[place]}
     */
    public static Payload payload(Object[] positional, Map<String, ?> named) {
        Writer writer = Writer.withParts();
        arguments(writer, List.of(), positional, named);
        return writer.finished();
    }

    /**
     * Encodes the arguments of a call whose parameters have no known names.
     *
     * @param positional those given by place; null for none
     * @param named those given by name; null for none
     * @return the payload
     * @throws ValueException when one can't cross; the path begins with its name or {@code
     *     arguments[place]}
     */
    public static byte[] encodeArguments(Object[] positional, Map<String, ?> named) {
        return encodeArguments(List.of(), positional, named);
    }

    /**
     * Encodes the arguments of a call.
     *
     * @param parameters the names of the parameters, for messages; may be shorter than {@code
     *     positional}
     * @param positional those given by place; null for none
     * @param named those given by name; null for none
     * @return the payload
     * @throws ValueException when one can't cross; the path begins with its name or {@code
     *     arguments[place]}
     */
    public static byte[] encodeArguments(
            List<String> parameters, Object[] positional, Map<String, ?> named) {
        Writer writer = new Writer();
        arguments(writer, parameters, positional, named);
        return writer.payload();
    }

    private static void arguments(
            Writer writer, List<String> parameters, Object[] positional, Map<String, ?> named) {
        Object[] places = positional == null ? NO_ARGUMENTS : positional;
        Map<String, ?> names = named == null ? Map.of() : named;
        writer.array(2);
        writer.enter(2);
        writer.array(places.length);
        for (int i = 0; i < places.length; i++) {
            try {
                Encoders.argument(writer, places[i]);
            } catch (ValueException e) {
                throw i < parameters.size()
                        ? e.field(parameters.get(i))
                        : e.index(i).field("arguments");
            }
        }
        writer.map(names.size());
        int written = 0;
        for (Map.Entry<String, ?> entry : names.entrySet()) {
            try {
                writer.text(entry.getKey());
                Encoders.argument(writer, entry.getValue());
            } catch (ValueException e) {
                throw e.field(entry.getKey());
            }
            written++;
        }
        if (written != names.size()) {
            throw ValueException.of("the arguments were changed while they were sent");
        }
    }

    /**
     * Turns a value into what a receiver with a declared type would get of it, for extensions.
     *
     * @param value the value
     * @param type a class, or a generic type
     * @return the value as the type
     * @throws ValueException when it isn't one, with the path inside of the value
     */
    public static Object convert(Object value, Type type) {
        Writer writer = new Writer();
        Encoders.write(writer, value);
        Reader reader = new Reader(writer.payload()).knowing(Extensions.records());
        reader.begin();
        return Types.decoder(type).decode(reader);
    }

    /**
     * Decodes a payload into a declared type.
     *
     * @param payload one item
     * @param type a class, or a generic type; {@code Object.class} or null for an untyped receiver
     * @return the value
     * @throws ValueException when it isn't one; the path begins with {@code value}
     */
    public static Object decode(byte[] payload, Type type) {
        return decode(payload, 0, payload.length, type);
    }

    /**
     * Decodes a part of an array into a declared type.
     *
     * @param bytes holds one item
     * @param offset where it begins
     * @param length how many bytes it has
     * @param type a class, or a generic type; {@code Object.class} or null for an untyped receiver
     * @return the value
     * @throws ValueException when it isn't one; the path begins with {@code value}
     */
    public static Object decode(byte[] bytes, int offset, int length, Type type) {
        return decode(
                new Reader(bytes, offset, length),
                Types.decoder(type == null ? Object.class : type));
    }

    /**
     * Decodes a payload that arrived into a declared type, and frees what the value doesn't show.
     *
     * @param body one item
     * @param type a class, or a generic type; {@code Object.class} or null for an untyped receiver
     * @return the value
     * @throws ValueException when it isn't one; the path begins with {@code value}
     */
    public static Object decode(Body body, Type type) {
        return decode(body, Types.decoder(type == null ? Object.class : type));
    }

    /**
     * Prepares the decoding of many payloads of one type: what is put together for a generic type,
     * and what it learns of the shapes that arrive, is kept.
     *
     * @param type a class, or a generic type
     * @return decodes as {@link #decode(Body, Type)} does; for any thread
     */
    public static Function<Body, Object> decoding(Type type) {
        Decoder decoder = Types.decoder(type);
        return body -> decode(body, decoder);
    }

    private static Object decode(Body body, Decoder decoder) {
        try {
            return decode(new Reader(body), decoder);
        } catch (LargeKeyException e) {
            return decode(new Reader(body.whole()).knowing(body.records()), decoder);
        } finally {
            body.release();
        }
    }

    /** Decodes many payloads of one type, wherever they are. */
    public interface ItemDecoder {
        /**
         * Decodes one.
         *
         * @param bytes holds one item
         * @param offset where it begins
         * @param length how many bytes it has
         * @return the value
         * @throws ValueException when it isn't one
         */
        Object decode(byte[] bytes, int offset, int length);

        /**
         * Decodes one that arrived for itself, and frees what the value doesn't show.
         *
         * @param body one item
         * @return the value
         * @throws ValueException when it isn't one
         */
        Object decode(Body body);
    }

    /**
     * Prepares the decoding of many payloads of one type.
     *
     * @param type a class, or a generic type
     * @param records tells of which class registered records without a declared type are
     * @return decodes as {@link #decode(byte[], int, int, Type)} does; for any thread
     */
    public static ItemDecoder items(Type type, RecordNames records) {
        Decoder decoder = Types.decoder(type);
        return new ItemDecoder() {
            @Override
            public Object decode(byte[] bytes, int offset, int length) {
                return Codec.decode(new Reader(bytes, offset, length).knowing(records), decoder);
            }

            @Override
            public Object decode(Body body) {
                return Codec.decode(body.knowing(records), decoder);
            }
        };
    }

    private static Object decode(Reader reader, Decoder decoder) {
        try {
            reader.begin();
            Object value = decoder.decode(reader);
            reader.finish();
            return value;
        } catch (ValueException e) {
            throw e.field("value");
        }
    }

    /**
     * Decodes the arguments of a call for a method.
     *
     * @param payload the arguments
     * @param signature the method
     * @return one value for each parameter
     * @throws ValueException of kind {@code BAD_ARGUMENTS} when one is unknown, missing or too
     *     many; else the path begins with the parameter
     */
    public static Object[] decodeArguments(byte[] payload, Signature signature) {
        return decodeArguments(Body.of(payload), signature);
    }

    /**
     * Decodes the arguments of a call for a method, and frees what the values don't show.
     *
     * @param body the arguments
     * @param signature the method
     * @return one value for each parameter
     * @throws ValueException as above
     */
    public static Object[] decodeArguments(Body body, Signature signature) {
        try {
            return signature.decode(new Reader(body));
        } catch (LargeKeyException e) {
            return signature.decode(new Reader(body.whole()).knowing(body.records()));
        } finally {
            body.release();
        }
    }

    /**
     * Finds the arguments of a call without decoding them.
     *
     * @param payload the arguments
     * @return where they are
     * @throws ValueException when the payload isn't one of arguments
     */
    public static Arguments arguments(byte[] payload) {
        return arguments(Body.of(payload));
    }

    /**
     * Finds the arguments of a call without decoding them.
     *
     * @param body the arguments
     * @return where they are
     * @throws ValueException when the payload isn't one of arguments
     */
    public static Arguments arguments(Body body) {
        return Arguments.parse(body);
    }

    /**
     * Refuses a declared type whose values can't cross, whatever it is made of included. For the
     * moment when a service or a contract is registered, so that the first call doesn't have to
     * find out.
     *
     * @param type a class, or a generic type
     * @throws ValueException with the path to the component that can't
     */
    public static void check(Type type) {
        Checks.check(type);
    }
}
