package io.twinspan.internal;

import io.twinspan.RemoteStream;

import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.stream.BaseStream;

/** What an application gives to be sent item by item, and how it is closed in the end. */
final class Source {
    private final Object origin;
    private Object opened;
    private boolean closed;

    Source(Object origin) {
        this.origin = origin;
    }

    /** Null for one that is pulled. */
    Flow.Publisher<?> publisher() {
        return origin instanceof Flow.Publisher<?> publisher ? publisher : null;
    }

    /** The items of one that is no publisher. Runs code of the application. */
    Iterator<?> iterator() {
        Iterator<?> items;
        if (origin instanceof Iterator<?> iterator) {
            items = iterator;
        } else if (origin instanceof BaseStream<?, ?> stream) {
            items = stream.iterator();
        } else {
            items = ((Iterable<?>) origin).iterator();
        }
        opened = items;
        return items;
    }

    /**
     * Closes what can be closed: a stream, an iterator that is {@code AutoCloseable}. A publisher
     * is not ours to close; its subscription is cancelled.
     */
    void close() throws Exception {
        if (closed) {
            return;
        }
        closed = true;
        if (origin instanceof Flow.Publisher && !(origin instanceof RemoteStream)) {
            return;
        }
        try {
            if (opened != origin && opened instanceof AutoCloseable closeable) {
                closeable.close();
            }
        } finally {
            if (origin instanceof AutoCloseable closeable) {
                closeable.close();
            }
        }
    }

    /** Closes what nobody will read; what goes wrong is only told. */
    void drop() {
        try {
            close();
        } catch (Exception | LinkageError e) {
            Log.warn("a source of a stream could not be closed: {}", e.toString());
        }
    }
}
