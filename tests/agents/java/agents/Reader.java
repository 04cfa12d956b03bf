package agents;

import static agents.Agent.map;

import io.twinspan.CallInterruptedException;
import io.twinspan.RemoteStream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** A stream that a caller holds, read by its iterator or by a subscription. */
abstract class Reader {
    final RemoteStream<Object> stream;

    Reader(RemoteStream<Object> stream) {
        this.stream = stream;
    }

    static Reader of(RemoteStream<Object> stream, boolean awaits) {
        return awaits ? new Subscribed(stream) : new Iterating(stream);
    }

    /** The next items, whether the stream ended before, and with what. */
    abstract CompletableFuture<Object> take(long most);

    /** Gives the stream up in the way of its face. */
    abstract void close();

    private static Object told(List<Object> items, boolean ended, Throwable error)
            throws ReflectiveOperationException {
        return map(
                "items",
                new ArrayList<>(items),
                "ended",
                ended,
                "error",
                error == null ? null : Told.error(error, 0));
    }

    private static final class Iterating extends Reader {
        private final Iterator<Object> items;

        Iterating(RemoteStream<Object> stream) {
            super(stream);
            items = stream.iterator();
        }

        @Override
        CompletableFuture<Object> take(long most) {
            List<Object> taken = new ArrayList<>();
            CompletableFuture<Object> out = new CompletableFuture<>();
            try {
                while (taken.size() < most && items.hasNext()) {
                    taken.add(items.next());
                }
                out.complete(told(taken, taken.size() < most, null));
            } catch (CallInterruptedException e) {
                out.completeExceptionally(e);
            } catch (Throwable e) {
                try {
                    out.complete(told(taken, false, e));
                } catch (ReflectiveOperationException broken) {
                    out.completeExceptionally(broken);
                }
            }
            return out;
        }

        @Override
        void close() {
            stream.close();
        }
    }

    private static final class Subscribed extends Reader implements Flow.Subscriber<Object> {
        private final Deque<Object> waiting = new ArrayDeque<>();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        private Throwable error;
        private boolean ended;
        private CompletableFuture<Object> asked;
        private long most;

        Subscribed(RemoteStream<Object> stream) {
            super(stream);
            stream.publisher().subscribe(this);
        }

        @Override
        CompletableFuture<Object> take(long wanted) {
            CompletableFuture<Object> out = new CompletableFuture<>();
            Flow.Subscription from = subscription.join();
            synchronized (this) {
                asked = out;
                most = wanted;
            }
            out.whenComplete(
                    (value, e) -> {
                        if (out.isCancelled()) {
                            from.cancel();
                        }
                    });
            answer();
            from.request(wanted);
            return out;
        }

        private void answer() {
            CompletableFuture<Object> out;
            Object told;
            synchronized (this) {
                boolean over = ended || error != null;
                if (asked == null || (waiting.size() < most && !over)) {
                    return;
                }
                out = asked;
                asked = null;
                List<Object> taken = new ArrayList<>();
                while (taken.size() < most && !waiting.isEmpty()) {
                    taken.add(waiting.poll());
                }
                boolean short_ = taken.size() < most;
                try {
                    told = told(taken, short_ && ended, short_ ? error : null);
                } catch (ReflectiveOperationException e) {
                    out.completeExceptionally(e);
                    return;
                }
            }
            out.complete(told);
        }

        @Override
        void close() {
            subscription.join().cancel();
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.complete(given);
        }

        @Override
        public void onNext(Object item) {
            synchronized (this) {
                waiting.add(item);
            }
            answer();
        }

        @Override
        public void onError(Throwable why) {
            synchronized (this) {
                error = why;
            }
            answer();
        }

        @Override
        public void onComplete() {
            synchronized (this) {
                ended = true;
            }
            answer();
        }
    }
}
