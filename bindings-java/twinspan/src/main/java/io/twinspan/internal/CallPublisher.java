package io.twinspan.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

/**
 * Calls when somebody subscribes, once for each subscriber.
 *
 * @param <T> the items
 */
final class CallPublisher<T> implements Flow.Publisher<T> {
    private final LiveNode node;
    private final Supplier<CompletableFuture<Incoming<T>>> call;
    private final Ambient ambient = Current.get();

    CallPublisher(LiveNode node, Supplier<CompletableFuture<Incoming<T>>> call) {
        this.node = node;
        this.call = call;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        java.util.Objects.requireNonNull(subscriber, "subscriber");
        Ambient before = Current.set(ambient);
        try {
            StreamSubscription<T> subscription = new StreamSubscription<>(node, subscriber);
            CompletableFuture<Incoming<T>> answer = call.get();
            subscription.begin(() -> answer.cancel(true));
            answer.whenComplete(
                    (stream, error) -> {
                        if (error == null) {
                            subscription.started(stream, stream.feed());
                        } else {
                            subscription.failed(
                                    error instanceof CompletionException && error.getCause() != null
                                            ? error.getCause()
                                            : error);
                        }
                    });
        } finally {
            Current.set(before);
        }
    }
}
