package io.twinspan.internal;

import io.twinspan.internal.codec.Payload;

import java.util.ArrayDeque;
import java.util.concurrent.Flow;

/**
 * Sends what a publisher of the application publishes, and asks it for more as far as there is
 * room. No thread waits meanwhile.
 */
final class Subscriber implements Flow.Subscriber<Object> {
    private static final int MOST = 64;

    /** How it ends. Called once; may be called by the pump. */
    interface End {
        /** Everything is sent. */
        void done();

        /** The publisher failed, or an item can't cross. */
        void failed(Throwable why);

        /** Nobody wants any more. */
        void unwanted(byte[] error);
    }

    private final Outbound out;
    private final End end;

    /** Encoded and not sent: the publisher may give what it was asked for before there was none. */
    private final ArrayDeque<Payload> held = new ArrayDeque<>();

    // All of these are guarded by this.
    private Flow.Subscription subscription;
    private boolean room;
    private boolean complete;
    private boolean over;
    private int outstanding;

    /**
     * @param room whether items may be sent at once
     */
    Subscriber(Outbound out, boolean room, End end) {
        this.out = out;
        this.room = room;
        this.end = end;
    }

    /** Begins, once. Runs code of the application. */
    void subscribe(Flow.Publisher<?> publisher) {
        if (!room) {
            ask();
        }
        publisher.subscribe(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        synchronized (this) {
            if (!over && this.subscription == null) {
                this.subscription = subscription;
                subscription = null;
            }
        }
        if (subscription != null) {
            subscription.cancel();
            return;
        }
        more();
    }

    @Override
    public void onNext(Object item) {
        Throwable failed = null;
        byte[] unwanted = null;
        synchronized (this) {
            if (over) {
                return;
            }
            outstanding--;
            try {
                // What waits is a copy: the publisher may reuse what it gave.
                held.add(room ? out.encode(item) : out.copy(item));
                flush();
            } catch (NativeException e) {
                unwanted = e.encoded();
            } catch (Throwable e) {
                failed = e;
            }
        }
        if (unwanted != null) {
            stop(unwanted);
        } else if (failed != null) {
            fail(failed);
        } else {
            more();
        }
    }

    @Override
    public void onError(Throwable why) {
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
        }
        end.failed(why);
    }

    @Override
    public void onComplete() {
        synchronized (this) {
            complete = true;
        }
        more();
    }

    /** Under the lock. */
    private void flush() {
        while (room && !held.isEmpty()) {
            room = out.send(held.poll());
            if (!room) {
                ask();
            }
        }
    }

    private void ask() {
        out.askRoom((given, error) -> out.node.continuation(() -> roomy(error)));
    }

    private void roomy(byte[] error) {
        byte[] unwanted = error;
        synchronized (this) {
            if (over) {
                return;
            }
            if (unwanted == null) {
                room = true;
                try {
                    flush();
                } catch (NativeException e) {
                    unwanted = e.encoded();
                }
            }
        }
        if (unwanted != null) {
            stop(unwanted);
        } else {
            more();
        }
    }

    /** Asks for more, or ends when everything is sent. */
    private void more() {
        int wanted = 0;
        boolean done = false;
        Flow.Subscription known;
        synchronized (this) {
            known = subscription;
            if (over || known == null && !complete) {
                return;
            }
            if (complete) {
                done = held.isEmpty();
                over = done;
            } else if (room && outstanding <= MOST / 2) {
                wanted = MOST - outstanding;
                outstanding = MOST;
            }
        }
        if (done) {
            end.done();
        } else if (wanted > 0) {
            known.request(wanted);
        }
    }

    private void fail(Throwable why) {
        if (cancel()) {
            end.failed(why);
        }
    }

    private void stop(byte[] error) {
        if (cancel()) {
            end.unwanted(error);
        }
    }

    /** Gives the publisher up; false if it has ended before. */
    boolean cancel() {
        Flow.Subscription known;
        synchronized (this) {
            if (over) {
                return false;
            }
            over = true;
            held.clear();
            known = subscription;
        }
        if (known != null) {
            known.cancel();
        }
        return true;
    }
}
