package io.twinspan.internal.codec;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Values that may be absent: null on the wire. */
final class Optionals {
    private static final Map<Class<?>, Object> EMPTY =
            Map.of(
                    Optional.class, Optional.empty(),
                    OptionalInt.class, OptionalInt.empty(),
                    OptionalLong.class, OptionalLong.empty(),
                    OptionalDouble.class, OptionalDouble.empty());

    private Optionals() {}

    /** What stands for nothing in a declared type; null when the class is none of these. */
    static Object empty(Class<?> type) {
        return EMPTY.get(type);
    }

    /** The encoder of one of these classes; null for any other. */
    static Encoder encoder(Class<?> type) {
        if (type == Optional.class) {
            return (writer, value) -> write(writer, ((Optional<?>) value).orElse(null));
        }
        if (type == OptionalInt.class) {
            return (writer, value) -> {
                OptionalInt number = (OptionalInt) value;
                Encoders.write(writer, number.isPresent() ? number.getAsInt() : null);
            };
        }
        if (type == OptionalLong.class) {
            return (writer, value) -> {
                OptionalLong number = (OptionalLong) value;
                Encoders.write(writer, number.isPresent() ? number.getAsLong() : null);
            };
        }
        if (type == OptionalDouble.class) {
            return (writer, value) -> {
                OptionalDouble number = (OptionalDouble) value;
                Encoders.write(writer, number.isPresent() ? number.getAsDouble() : null);
            };
        }
        return null;
    }

    private static void write(Writer writer, Object value) {
        if (value != null && empty(value.getClass()) != null) {
            throw nested();
        }
        Encoders.write(writer, value);
    }

    /** Both levels would be one null. */
    static ValueException nested() {
        return ValueException.of(
                "an Optional inside of an Optional can't cross: both are null on the wire");
    }
}
