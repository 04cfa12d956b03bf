package io.twinspan.arrow;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.util.TransferPair;
import org.apache.arrow.vector.util.ValueVectorUtility;
import org.apache.arrow.vector.util.VectorSchemaRootAppender;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads an Arrow IPC stream into one table, in Arrow's own memory. */
final class TableReader {
    private TableReader() {}

    static VectorSchemaRoot read(ByteBuffer stream) throws IOException {
        CheckedStream checked = new CheckedStream(stream);
        TableMemory memory = new TableMemory(stream.remaining(), checked.expansion());
        try {
            return read(checked, memory);
        } catch (IOException | RuntimeException e) {
            memory.free();
            throw e;
        }
    }

    private static VectorSchemaRoot read(CheckedStream stream, TableMemory memory)
            throws IOException {
        BufferAllocator owner = memory.allocator();
        VectorSchemaRoot all = null;
        try (ArrowStreamReader reader = new ArrowStreamReader(stream, owner)) {
            VectorSchemaRoot batch = reader.getVectorSchemaRoot();
            while (reader.loadNextBatch()) {
                // Nobody trusts the offsets of a peer.
                ValueVectorUtility.validateFull(batch);
                VectorSchemaRoot taken = taken(batch, reader, memory);
                if (all == null) {
                    all = taken;
                } else {
                    memory.expand();
                    try (taken) {
                        VectorSchemaRootAppender.append(all, taken);
                    }
                }
            }
            return all != null ? all : taken(batch, reader, memory);
        }
    }

    /** Takes the columns of a batch out of the reader, which would close them. */
    private static VectorSchemaRoot taken(
            VectorSchemaRoot batch, ArrowStreamReader reader, TableMemory memory) {
        List<FieldVector> columns = new ArrayList<>();
        for (FieldVector column : batch.getFieldVectors()) {
            DictionaryEncoding encoding = column.getField().getDictionary();
            columns.add(
                    encoding == null
                            ? moved(column, column.getName(), memory.allocator())
                            : decoded(column, reader.lookup(encoding.getId()), memory));
        }
        return new VectorSchemaRoot(
                columns.stream().map(FieldVector::getField).toList(), columns, batch.getRowCount());
    }

    private static FieldVector moved(FieldVector column, String name, BufferAllocator owner) {
        TransferPair pair = column.getTransferPair(name, owner);
        pair.transfer();
        return (FieldVector) pair.getTo();
    }

    private static FieldVector decoded(
            FieldVector column, Dictionary dictionary, TableMemory memory) {
        BufferAllocator owner = memory.allocator();
        memory.expand();
        ValueVectorUtility.validateFull(dictionary.getVector());
        // What is decoded has the name of the dictionary.
        try (FieldVector values =
                (FieldVector) DictionaryEncoder.decode(column, dictionary, owner)) {
            return moved(values, column.getName(), owner);
        }
    }
}
