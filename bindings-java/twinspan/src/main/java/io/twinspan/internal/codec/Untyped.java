package io.twinspan.internal.codec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a receiver without a declared type gets: for each kind of value always the same class. */
final class Untyped {
    private static final Decoder LIST = Containers.list(Untyped::read);
    private static final Decoder MAP = Containers.map(Keys::read, Untyped::read, true);
    private static final Decoder SET = Containers.set(Keys::read);

    private Untyped() {}

    static Object read(Reader reader) {
        switch (reader.major()) {
            case Writer.UNSIGNED, Writer.NEGATIVE -> {
                return Numbers.integer(reader);
            }
            case Writer.BYTES -> {
                return reader.bytes("bytes");
            }
            case Writer.TEXT -> {
                return reader.text("text");
            }
            case Writer.ARRAY -> {
                return LIST.decode(reader);
            }
            case Writer.MAP -> {
                return MAP.decode(reader);
            }
            case Writer.TAG -> {
                return tagged(reader);
            }
            default -> {
                return switch (reader.peek()) {
                    case 0xf4, 0xf5 -> reader.bool("a boolean");
                    case 0xf9, 0xfa, 0xfb -> reader.floating("a float");
                    default -> {
                        if (!reader.takeNull()) {
                            throw reader.mismatch("a value of the profile");
                        }
                        yield null;
                    }
                };
            }
        }
    }

    private static Object tagged(Reader reader) {
        long tag = reader.peekTag();
        if (Times.isTag(tag)) {
            return Times.untyped(reader);
        }
        if (TypedArrays.isElement(tag)) {
            return TypedArrays.untyped(reader);
        }
        return switch ((int) Math.min(tag, Integer.MAX_VALUE)) {
            case Tag.BIG_POSITIVE, Tag.BIG_NEGATIVE -> reader.bigInteger("an integer");
            case Tag.DECIMAL -> Numbers.decimal(reader);
            case Tag.UUID -> Scalars.uuid(reader);
            case Tag.ND_ARRAY -> TypedArrays.read(reader);
            case Tag.SET -> SET.decode(reader);
            case Tag.COMPLEX -> Scalars.complex(reader);
            case Tag.RANGE -> Scalars.range(reader);
            case Tag.REFERENCE -> References.untyped(reader);
            case Tag.TABLE -> Table.untyped(reader);
            case Tag.NAMED -> registered(reader);
            case Tag.RECORD -> record(reader, Untyped::read);
            default -> throw reader.mismatch("a value of the profile");
        };
    }

    /** The class that is registered under the record's name, or else a map. */
    private static Object registered(Reader reader) {
        int start = reader.position();
        Class<?> known = reader.keepsNames() ? null : reader.records().find(name(reader));
        reader.seek(start);
        return known != null ? Types.decoder(known).decode(reader) : record(reader, Untyped::read);
    }

    /**
     * Takes the tag of a registered record and its name, so that the reader stands at the record.
     */
    static String name(Reader reader) {
        reader.tag(Tag.NAMED, "a registered record");
        Scalars.parts(reader, 2);
        String name = reader.text("the name of a registered record");
        if (reader.peekTag() != Tag.RECORD) {
            throw reader.mismatch("a record");
        }
        return name;
    }

    /** The names in an unregistered record or a map that comes next; null where neither does. */
    static String[] fields(Reader reader) {
        int start = reader.position();
        String[] names;
        if (reader.peekTag() == Tag.RECORD) {
            names = shape(reader).names;
            reader.leave(2);
        } else if (reader.major() == Writer.MAP) {
            int count = reader.mapLength("a record");
            List<String> found = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                found.add(reader.text("the name of a field"));
                reader.skip();
            }
            names = found.toArray(new String[0]);
        } else {
            return null;
        }
        reader.seek(start);
        return names;
    }

    /** Takes the head of a record up to its first value; answers its shape, whose fields follow. */
    static WireShape shape(Reader reader) {
        reader.tag(Tag.RECORD, "a record");
        reader.enter(2);
        int count = reader.arrayLength("the parts of a record");
        if (count == 0) {
            throw ValueException.of("a record without the number of its shape");
        }
        WireShape shape = reader.shape(reader.integer("the number of a shape"));
        if (count - 1 != shape.names.length) {
            throw ValueException.of(
                    "a record of "
                            + (count - 1)
                            + " values, but its shape has "
                            + shape.names.length
                            + " fields");
        }
        return shape;
    }

    /** A record, registered or not, as a map from its field names. */
    static Map<String, Object> record(Reader reader, Decoder value) {
        String registered = reader.peekTag() == Tag.NAMED ? name(reader) : null;
        WireShape shape = shape(reader);
        Map<String, Object> out =
                registered != null && reader.keepsNames()
                        ? new RegisteredRecord(registered)
                        : new LinkedHashMap<>(shape.names.length * 2);
        for (String name : shape.names) {
            try {
                out.put(name, value.decode(reader));
            } catch (ValueException e) {
                throw e.field(name);
            }
        }
        reader.leave(2);
        return out;
    }
}
