package io.twinspan.bench;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Calls that follow each other in the completion of the one before. */
final class Chain {
    private final Caller caller;
    private final byte[] payload;
    private final long end;
    private final Line line = new Line();
    private final CompletableFuture<Line> finished = new CompletableFuture<>();

    Chain(Caller caller, byte[] payload, long end) {
        this.caller = caller;
        this.payload = payload;
        this.end = end;
    }

    void go() {
        try {
            while (true) {
                long sent = System.nanoTime();
                if (sent - end >= 0) {
                    finished.complete(line);
                    return;
                }
                CompletableFuture<byte[]> answer = caller.future(payload);
                // What is there already is taken in the loop: a callback would deepen the stack.
                if (!answer.isDone()) {
                    answer.whenComplete((bytes, error) -> take(bytes, error, sent));
                    return;
                }
                took(answer.join(), sent);
            }
        } catch (RuntimeException error) {
            finished.completeExceptionally(error);
        }
    }

    private void take(byte[] answer, Throwable error, long sent) {
        try {
            if (error != null) {
                throw new CompletionException(error);
            }
            took(answer, sent);
        } catch (RuntimeException failed) {
            finished.completeExceptionally(failed);
            return;
        }
        go();
    }

    private void took(byte[] answer, long sent) {
        line.add(System.nanoTime() - sent);
        Pace.checked(answer, payload);
    }

    Line line(long seconds) throws Exception {
        return finished.get(seconds, TimeUnit.SECONDS);
    }
}
