package io.twinspan;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.stream.Stream;

/**
 * A stream that comes from another node, item by item as it is read: what a call answers, or what a
 * handler takes. It is read once, by one thread at a time, in one of the ways below.
 *
 * <pre>{@code
 * try (RemoteStream<Order> orders = fraud.history("c-7")) {
 *     for (Order order : orders) ...
 * }
 * }</pre>
 *
 * Whoever reads slowly holds its sender back, and only that one. Closing the stream, or dropping it
 * to the garbage collector, ends the sender: its iterator or stream is closed. An error of the
 * sender comes after the items before it.
 *
 * @param <T> the items
 */
public interface RemoteStream<T> extends Iterable<T>, AutoCloseable {
    /**
     * Answers the iterator, always the same one. Waiting for an item may throw what a call throws;
     * an interrupt closes the stream.
     *
     * @return reads the items
     */
    @Override
    Iterator<T> iterator();

    /**
     * Reads the items as a stream of the JDK.
     *
     * @return sequential; closing it closes this
     */
    Stream<T> stream();

    /**
     * Reads the items without blocking.
     *
     * @return for one subscriber, which is called on the node's executor; cancelling the
     *     subscription closes this
     */
    Flow.Publisher<T> publisher();

    /**
     * Reads the items in lists, as they come: a list is as long as what is there already, at least
     * one item.
     *
     * @param most longest list, above zero
     * @return the lists
     */
    Iterable<List<T>> batches(int most);

    /**
     * Answers how far the stream is.
     *
     * @return a snapshot
     */
    Stats stats();

    /** Gives up what was not read and tells the sender. A second call does nothing. */
    @Override
    void close();

    /**
     * How far a stream is.
     *
     * @param items taken so far
     * @param bytes taken so far
     * @param waiting items in this process that are not taken
     * @param ended whether nothing more can come
     */
    record Stats(long items, long bytes, long waiting, boolean ended) {}
}
