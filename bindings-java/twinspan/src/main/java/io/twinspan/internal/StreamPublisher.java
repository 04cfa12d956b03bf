package io.twinspan.internal;

import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A stream that is here, for one subscriber.
 *
 * @param <T> the items
 */
final class StreamPublisher<T> implements Flow.Publisher<T> {
    private final Incoming<T> face;
    private final Feed feed;
    private final AtomicBoolean taken = new AtomicBoolean();

    StreamPublisher(Incoming<T> face, Feed feed) {
        this.face = face;
        this.feed = feed;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        StreamSubscription<T> subscription = new StreamSubscription<>(feed.node(), subscriber);
        if (taken.compareAndSet(false, true)) {
            subscription.begin(() -> {});
            subscription.started(face, feed);
        } else {
            subscription.begin(() -> {});
            subscription.failed(new IllegalStateException("the stream has a subscriber already"));
        }
    }
}
