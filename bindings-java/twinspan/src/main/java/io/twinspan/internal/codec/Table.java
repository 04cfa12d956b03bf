package io.twinspan.internal.codec;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A table as an Arrow IPC stream. The codec carries it; only an extension knows what is in it.
 *
 * @param pieces the stream, in pieces so that large columns stand where they are; must not change
 *     before the payload is sent
 */
public record Table(List<ByteBuffer> pieces) {
    static void write(Writer writer, Table table) {
        long bytes = 0;
        for (ByteBuffer piece : table.pieces()) {
            bytes += piece.remaining();
        }
        writer.tag(Tag.TABLE);
        writer.head(Writer.BYTES, bytes);
        for (ByteBuffer piece : table.pieces()) {
            writer.piece(piece);
        }
    }

    /** The reader stands at the tag. */
    static Table read(Reader reader) {
        reader.tag(Tag.TABLE, "a table");
        return new Table(List.of(reader.view("an Arrow IPC stream")));
    }

    /** What an untyped receiver gets. */
    static Object untyped(Reader reader) {
        Extension extension = Extensions.of(Table.class);
        if (extension == null) {
            throw ValueException.of(
                    "a table can't be read without the module twinspan-arrow on the class path");
        }
        return extension.read(read(reader), Object.class);
    }
}
