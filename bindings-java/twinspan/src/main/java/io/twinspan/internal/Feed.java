package io.twinspan.internal;

import io.twinspan.RemoteStream;

/**
 * Where the items of a {@link Incoming} come from. For one thread at a time; only {@link #close}
 * and {@link #stats} are for any.
 */
interface Feed {
    /** Runs the handlers of subscribers. */
    LiveNode node();

    /** Whether an item is here, without waiting. */
    boolean hasBuffered();

    /**
     * Whether nothing is here and nothing comes any more. Throws the error with which the stream
     * ended.
     */
    boolean isOver();

    /** Waits until an item is here; false at the end. */
    boolean await();

    /**
     * Asks for items without waiting: {@code answer} gets what {@link #take} and {@link #fail}
     * take.
     */
    void ask(long parent, Answer answer);

    /** Takes what was asked for. */
    void take(Object given);

    /** Takes the error that came instead. */
    void fail(byte[] error);

    /** The next item, which is here. */
    Object next();

    RemoteStream.Stats stats();

    /** Drops what is here and tells the sender. */
    void close();

    /** What closes it when its face is collected; refers to nothing that keeps the face. */
    Runnable end();
}
