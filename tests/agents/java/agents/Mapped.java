package agents;

import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** Passes on what a publisher gives, changed, and says once when that is over. */
final class Mapped<A, B> implements Flow.Subscriber<A> {
    private final Flow.Subscriber<? super B> to;
    private final Function<A, B> change;
    private final Runnable closed;
    private final AtomicBoolean open = new AtomicBoolean(true);

    Mapped(Flow.Subscriber<? super B> to, Function<A, B> change, Runnable closed) {
        this.to = to;
        this.change = change;
        this.closed = closed;
    }

    private void close() {
        if (open.getAndSet(false)) {
            closed.run();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        to.onSubscribe(
                new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        subscription.request(n);
                    }

                    @Override
                    public void cancel() {
                        subscription.cancel();
                        close();
                    }
                });
    }

    @Override
    public void onNext(A item) {
        to.onNext(change.apply(item));
    }

    @Override
    public void onError(Throwable why) {
        close();
        to.onError(why);
    }

    @Override
    public void onComplete() {
        close();
        to.onComplete();
    }
}
