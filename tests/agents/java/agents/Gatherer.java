package agents;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Gathers items up to a number, and gives up what is left. */
final class Gatherer<T> implements Flow.Subscriber<T> {
    final CompletableFuture<List<T>> done = new CompletableFuture<>();
    final CompletableFuture<T> first = new CompletableFuture<>();
    private final List<T> items = new ArrayList<>();
    private final long most;
    private final long begin;
    private Flow.Subscription subscription;

    Gatherer(long most, long begin) {
        this.most = most;
        this.begin = begin;
    }

    synchronized void request(long n) {
        subscription.request(n);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        synchronized (this) {
            subscription = given;
        }
        given.request(begin);
    }

    @Override
    public void onNext(T item) {
        items.add(item);
        first.complete(item);
        if (items.size() == most) {
            subscription.cancel();
            done.complete(items);
        }
    }

    @Override
    public void onError(Throwable why) {
        first.completeExceptionally(why);
        done.completeExceptionally(why);
    }

    @Override
    public void onComplete() {
        done.complete(items);
    }
}
