package io.twinspan.arrow;

import io.twinspan.internal.codec.Extension;
import io.twinspan.internal.codec.Table;
import io.twinspan.internal.codec.ValueException;

import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;

import java.io.IOException;
import java.lang.reflect.Type;

/**
 * Lets {@link VectorSchemaRoot}s cross: sent ones as an Arrow IPC stream of one batch, received
 * ones with all batches of the stream in one. Nothing has to be called: the module is found when it
 * is on the class path or the module path.
 *
 * <p>Whoever receives a table owns it and closes it; the memory of a forgotten one is freed when
 * another table arrives, a minute or more after it was collected. Columns that are encoded by a
 * dictionary arrive decoded, and must be decoded before they are sent. Arrow needs {@code
 * --add-opens=java.base/java.nio=ALL-UNNAMED} (or {@code org.apache.arrow.memory.core}).
 */
public final class ArrowTables implements Extension {
    /** Made by the codec; there is nothing to do with it. */
    public ArrowTables() {}

    @Override
    public boolean takes(Class<?> type) {
        return type == VectorSchemaRoot.class || type == Table.class;
    }

    @Override
    public Object write(Object value) {
        VectorSchemaRoot table = (VectorSchemaRoot) value;
        table.getSchema().getFields().forEach(ArrowTables::plain);
        try {
            return new Table(TableWriter.pieces(table));
        } catch (IOException | RuntimeException e) {
            throw ValueException.of("the Arrow table can't be written: " + e.getMessage(), e);
        }
    }

    /** Arrow would look the dictionary up where there is none. */
    private static void plain(Field field) {
        if (field.getDictionary() != null) {
            throw ValueException.of(
                    "the Arrow table can't be written: its column `"
                            + field.getName()
                            + "` is encoded by a dictionary; send what DictionaryEncoder.decode"
                            + " makes of it");
        }
        field.getChildren().forEach(ArrowTables::plain);
    }

    @Override
    public Object read(Object value, Type type) {
        if (value instanceof VectorSchemaRoot table) {
            return table; // A declared one: the codec had it read without a type.
        }
        if (!(value instanceof Table table)) {
            throw ValueException.of(
                    "a " + value.getClass().getSimpleName() + " is not an Arrow table");
        }
        try {
            return TableReader.read(table.pieces().get(0));
        } catch (LinkageError e) {
            throw ValueException.of(
                    "Arrow can't start: "
                            + e
                            + "; run Java with --add-opens=java.base/java.nio=ALL-UNNAMED",
                    e);
        } catch (IOException | RuntimeException e) {
            throw ValueException.of("not an Arrow IPC stream: " + e.getMessage(), e);
        }
    }
}
