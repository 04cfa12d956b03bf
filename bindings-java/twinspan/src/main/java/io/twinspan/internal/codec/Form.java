package io.twinspan.internal.codec;

import java.lang.reflect.Type;
import java.util.List;

/** How values of a class that belongs to an extension cross, for the descriptions of services. */
public sealed interface Form {
    /** Stands for a default that isn't known. */
    Object UNKNOWN = new Object();

    /**
     * A map of fields.
     *
     * @param fields those that cross, in their order
     */
    record Fields(List<Field> fields) implements Form {}

    /**
     * A field.
     *
     * @param name under which it crosses
     * @param type of its values; null where it isn't known
     * @param nullable whether null is among them
     * @param optional whether it may be left out
     * @param absent what it is then; {@link #UNKNOWN} where that isn't known
     * @param member the name in the class, for its documentation
     */
    record Field(
            String name,
            Type type,
            boolean nullable,
            boolean optional,
            Object absent,
            String member) {}

    /**
     * One of some texts.
     *
     * @param names those of an enum
     */
    record Names(List<String> names) implements Form {}

    /**
     * A value of another type.
     *
     * @param type which has a form of its own
     */
    record As(Type type) implements Form {}
}
