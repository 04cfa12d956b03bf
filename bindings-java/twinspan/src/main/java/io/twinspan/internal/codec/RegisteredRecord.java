package io.twinspan.internal.codec;

import java.util.LinkedHashMap;

/** A registered record without its class, for extensions: what an untyped receiver gets, named. */
public final class RegisteredRecord extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1L;

    private final String name;

    /**
     * An empty one.
     *
     * @param name under which it is registered
     */
    public RegisteredRecord(String name) {
        this.name = name;
    }

    /**
     * Answers under which name it is registered.
     *
     * @return never null
     */
    public String name() {
        return name;
    }

    static void write(Writer writer, RegisteredRecord record) {
        writer.enter(2);
        writer.tag(Tag.NAMED);
        writer.array(2);
        writer.text(record.name());
        writer.tag(Tag.RECORD);
        writer.array(record.size() + 1);
        writer.integer(writer.shape(new Shape(record.keySet().toArray(new String[0]))));
        record.forEach(
                (field, value) -> {
                    try {
                        Encoders.write(writer, value);
                    } catch (ValueException e) {
                        throw e.field(field);
                    }
                });
        writer.leave(2);
    }
}
