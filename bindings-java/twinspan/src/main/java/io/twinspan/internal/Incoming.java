package io.twinspan.internal;

import io.twinspan.RemoteStream;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The face of a stream from elsewhere. Everything that it hands out keeps it alive; once nobody has
 * any of it, its end is closed.
 *
 * @param <T> the items
 */
final class Incoming<T> implements RemoteStream<T> {
    private final Feed feed;
    private final Iterator<T> iterator = new Reading();

    /** Lives as long as the stream does. */
    private final Object owner;

    Incoming(Feed feed, Object owner) {
        this.feed = feed;
        this.owner = owner;
        LiveNode.CLEANER.register(this, feed.end());
    }

    Feed feed() {
        return feed;
    }

    private final class Reading implements Iterator<T>, AutoCloseable {
        @Override
        public boolean hasNext() {
            return feed.await();
        }

        @Override
        @SuppressWarnings("unchecked")
        public T next() {
            if (!feed.await()) {
                throw new NoSuchElementException("the stream has ended");
            }
            return (T) feed.next();
        }

        @Override
        public void close() {
            Incoming.this.close();
        }
    }

    @Override
    public Iterator<T> iterator() {
        return iterator;
    }

    @Override
    public Stream<T> stream() {
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(iterator, Spliterator.ORDERED), false)
                .onClose(this::close);
    }

    @Override
    public Flow.Publisher<T> publisher() {
        return new StreamPublisher<>(this, feed);
    }

    @Override
    public Iterable<List<T>> batches(int most) {
        Streams.checkBatch(most);
        return () ->
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return iterator.hasNext();
                    }

                    @Override
                    public List<T> next() {
                        List<T> batch = new ArrayList<>();
                        batch.add(iterator.next());
                        while (batch.size() < most && feed.hasBuffered()) {
                            batch.add(iterator.next());
                        }
                        return batch;
                    }
                };
    }

    @Override
    public Stats stats() {
        return feed.stats();
    }

    @Override
    public void close() {
        feed.close();
        java.lang.ref.Reference.reachabilityFence(owner);
    }
}
