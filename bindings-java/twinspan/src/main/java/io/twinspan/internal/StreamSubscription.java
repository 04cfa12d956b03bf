package io.twinspan.internal;

import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Carries the items of a stream to a subscriber as it asks for them, on the node's executor and
 * without a thread that waits. The stream may still have to come.
 *
 * @param <T> the items
 */
final class StreamSubscription<T> implements Flow.Subscription {
    private final LiveNode node;
    private final Flow.Subscriber<? super T> subscriber;
    private final Ambient ambient = Current.get();
    private final AtomicLong demand = new AtomicLong();

    /** How often something happened that {@link #run} has not seen: whoever makes it 1 runs it. */
    private final AtomicInteger happened = new AtomicInteger();

    /** Gives up what is to bring the stream. */
    private volatile Runnable giveUp;

    /** Kept, so that the stream isn't collected while somebody is subscribed. */
    private volatile Incoming<T> face;

    private volatile Feed feed;
    private volatile Throwable failure;
    private volatile boolean cancelled;
    private volatile boolean asking;
    private boolean begun;
    private boolean done;

    StreamSubscription(LiveNode node, Flow.Subscriber<? super T> subscriber) {
        this.node = node;
        this.subscriber = subscriber;
    }

    /** Tells the subscriber that it is subscribed. */
    void begin(Runnable giveUp) {
        this.giveUp = giveUp;
        schedule();
    }

    /** The stream is here. */
    void started(Incoming<T> face, Feed feed) {
        this.face = face;
        this.feed = feed;
        if (cancelled) {
            feed.close();
        }
        schedule();
    }

    /** There will be no stream, or nothing more of it. */
    void failed(Throwable why) {
        failure = why;
        schedule();
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            failed(new IllegalArgumentException("asked for " + n + " items"));
            return;
        }
        demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        schedule();
    }

    @Override
    public void cancel() {
        cancelled = true;
        giveUp.run();
        Feed known = feed;
        if (known != null) {
            known.close();
        }
    }

    private void schedule() {
        if (happened.getAndIncrement() == 0) {
            node.continuation(this::run);
        }
    }

    /** One thread at a time, as long as something happens. */
    private void run() {
        Ambient before = Current.set(ambient);
        try {
            int seen = happened.get();
            do {
                try {
                    step();
                } catch (Throwable e) {
                    end(e);
                }
                seen = happened.addAndGet(-seen);
            } while (seen != 0);
        } finally {
            Current.set(before);
        }
    }

    private void step() {
        if (!begun) {
            begun = true;
            subscriber.onSubscribe(this);
        }
        while (!done && !cancelled) {
            Feed known = feed;
            if (failure != null) {
                end(failure);
            } else if (known == null || asking) {
                return;
            } else if (known.isOver()) {
                done = true;
                subscriber.onComplete();
            } else if (demand.get() == 0) {
                return;
            } else if (known.hasBuffered()) {
                demand.decrementAndGet();
                @SuppressWarnings("unchecked")
                T item = (T) known.next();
                subscriber.onNext(item);
            } else {
                asking = true;
                known.ask(Current.parent(ambient), this::answered);
            }
        }
    }

    /** Called by the pump. */
    private void answered(Object given, byte[] error) {
        Feed known = feed;
        // Only the pump touches the feed while something is asked for.
        if (error != null) {
            known.fail(error);
        } else {
            known.take(given);
        }
        asking = false;
        schedule();
    }

    private void end(Throwable why) {
        Feed known = feed;
        if (known != null) {
            known.close();
        }
        if (!done && !cancelled) {
            done = true;
            subscriber.onError(why);
        }
        done = true;
    }
}
