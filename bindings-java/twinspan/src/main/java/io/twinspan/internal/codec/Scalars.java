package io.twinspan.internal.codec;

import io.twinspan.Complex;
import io.twinspan.Range;

import java.nio.ByteBuffer;
import java.util.UUID;

/** UUIDs, complex numbers and ranges. Readers stand at the tag. */
final class Scalars {
    private Scalars() {}

    static void write(Writer writer, UUID value) {
        writer.tag(Tag.UUID);
        writer.bytes(
                ByteBuffer.allocate(16)
                        .putLong(value.getMostSignificantBits())
                        .putLong(value.getLeastSignificantBits())
                        .flip());
    }

    static UUID uuid(Reader reader) {
        reader.tag(Tag.UUID, "a UUID");
        int length = reader.bytesLength("the bytes of a UUID");
        if (length != 16) {
            throw ValueException.of("a UUID of " + length + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.wrap(reader.bytes, reader.position(), 16);
        reader.seek(reader.position() + 16);
        return new UUID(bytes.getLong(), bytes.getLong());
    }

    static void write(Writer writer, Complex value) {
        writer.tag(Tag.COMPLEX);
        writer.array(2);
        writer.floating(value.re());
        writer.floating(value.im());
    }

    static Complex complex(Reader reader) {
        reader.tag(Tag.COMPLEX, "a complex number");
        parts(reader, 2);
        return new Complex(
                reader.floating("a part of a complex number"),
                reader.floating("a part of a complex number"));
    }

    static void write(Writer writer, Range value) {
        writer.tag(Tag.RANGE);
        writer.array(3);
        writer.integer(value.start());
        writer.integer(value.stop());
        writer.integer(value.step());
    }

    static Range range(Reader reader) {
        reader.tag(Tag.RANGE, "a range");
        parts(reader, 3);
        long start = reader.integer("a bound of a Java Range");
        long stop = reader.integer("a bound of a Java Range");
        long step = reader.integer("the step of a Java Range");
        if (step == 0) {
            throw ValueException.of("a range with the step 0");
        }
        return new Range(start, stop, step);
    }

    /** Takes the head of an array that must have {@code count} parts. */
    static void parts(Reader reader, int count) {
        int found = reader.arrayLength("a list of " + count + " parts");
        if (found != count) {
            throw ValueException.of(found + " parts instead of " + count);
        }
    }
}
