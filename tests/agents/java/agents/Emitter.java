package agents;

import java.util.Iterator;
import java.util.concurrent.Flow;

/** Publishes what an iterator gives, exactly as much as is asked for, from a thread of its own. */
final class Emitter<T> implements Flow.Publisher<T> {
    private final Iterator<T> items;

    Emitter(Iterator<T> items) {
        this.items = items;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        Sending sending = new Sending(subscriber);
        subscriber.onSubscribe(sending);
        sending.start();
    }

    private final class Sending extends Thread implements Flow.Subscription {
        private final Flow.Subscriber<? super T> subscriber;
        private long asked;
        private boolean cancelled;

        Sending(Flow.Subscriber<? super T> subscriber) {
            super("emitter");
            this.subscriber = subscriber;
            setDaemon(true);
        }

        @Override
        public synchronized void request(long n) {
            asked = asked + n < 0 ? Long.MAX_VALUE : asked + n;
            notifyAll();
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            interrupt();
        }

        private synchronized boolean wanted() {
            while (asked == 0 && !cancelled) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    cancelled = true;
                }
            }
            asked--;
            return !cancelled;
        }

        @Override
        public void run() {
            try {
                while (wanted()) {
                    if (!items.hasNext()) {
                        close();
                        subscriber.onComplete();
                        return;
                    }
                    subscriber.onNext(items.next());
                }
                close();
            } catch (Throwable e) {
                close();
                if (!cancelled) {
                    subscriber.onError(e);
                }
            }
        }

        private void close() {
            if (items instanceof Source<?> source) {
                source.close();
            }
        }
    }
}
