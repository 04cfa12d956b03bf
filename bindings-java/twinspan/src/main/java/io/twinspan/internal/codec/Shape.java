package io.twinspan.internal.codec;

/** The field names of a record class, as one entry of the shape table. */
final class Shape {
    /** An array of texts. */
    final byte[] encoded;

    /** How many there are. */
    final int fields;

    Shape(String[] names) {
        Writer writer = new Writer();
        writer.array(names.length);
        for (String name : names) {
            writer.text(name);
        }
        encoded = writer.payload();
        fields = names.length;
    }
}
