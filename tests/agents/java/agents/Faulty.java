package agents;

import io.twinspan.Args;
import io.twinspan.Node;
import io.twinspan.TwinspanException;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;

/** A service whose handlers fail in every way; agents/python/faulty.py is the same in Python. */
public final class Faulty {
    private volatile Node node;

    void joined(Node joined) {
        node = joined;
    }

    public long pid() {
        return ProcessHandle.current().pid();
    }

    public void standard(String name) throws Exception {
        throw switch (name) {
            case "value" -> new IllegalArgumentException("boom");
            case "key", "lookup" -> new NoSuchElementException("boom");
            case "index" -> new IndexOutOfBoundsException("boom");
            case "type" -> new ClassCastException("boom");
            case "timeout" -> new TimeoutException("boom");
            case "permission" -> new SecurityException("boom");
            case "unsupported" -> new UnsupportedOperationException("boom");
            case "zero_division", "arithmetic" -> new ArithmeticException("boom");
            case "no_file" -> new NoSuchFileException("boom");
            case "io" -> new IOException("boom");
            case "state" -> new IllegalStateException("boom");
            case "cancelled" -> new CancellationException("boom");
            default -> new RuntimeException("boom");
        };
    }

    public void noText() {
        throw new IllegalArgumentException();
    }

    public void own() throws Faults.Rejected {
        throw new Faults.Rejected("o-1", 0.9);
    }

    public void plain() throws Faults.Plain {
        throw new Faults.Plain("o-2");
    }

    public void twoArguments() {
        throw new Faults.TwoArguments(1, 9);
    }

    public void chain() {
        try {
            deeper(1);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("outer", e);
        }
    }

    public void context() {
        IllegalStateException outer = new IllegalStateException("while that was handled");
        outer.initCause(new IllegalArgumentException("inner"));
        throw outer;
    }

    public void hiddenContext() {
        try {
            throw new IllegalArgumentException("inner");
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("alone");
        }
    }

    public void notes() {
        IllegalArgumentException error = new IllegalArgumentException("noted");
        error.addSuppressed(new IllegalStateException("a first note"));
        error.addSuppressed(new IllegalStateException("a second note\nof two lines"));
        throw error;
    }

    /** A group, or what was suppressed. */
    public void several() {
        IllegalStateException several = new IllegalStateException("several");
        several.addSuppressed(new IllegalArgumentException("one"));
        IllegalStateException inner = new IllegalStateException("inner");
        inner.addSuppressed(new NoSuchElementException("two"));
        inner.addSuppressed(new ClassCastException("three"));
        several.addSuppressed(inner);
        throw several;
    }

    public void circle() {
        IllegalArgumentException one = new IllegalArgumentException("one");
        one.initCause(new IllegalStateException("two", one));
        throw one;
    }

    public void longChain() {
        IllegalArgumentException error = new IllegalArgumentException("number 0");
        for (int at = 1; at < 40; at++) {
            error = new IllegalArgumentException("number " + at, error);
        }
        throw error;
    }

    public void wide() {
        IllegalStateException wide = new IllegalStateException("wide");
        for (int at = 0; at < 100; at++) {
            IllegalStateException group = new IllegalStateException("group " + at);
            for (int n = 0; n < 100; n++) {
                group.addSuppressed(new IllegalArgumentException(String.valueOf(n)));
            }
            wide.addSuppressed(group);
        }
        throw wide;
    }

    public long overflows() {
        return overflows() + 1;
    }

    public long memory() {
        return new long[Integer.MAX_VALUE - 8].length;
    }

    public void asserts() {
        throw new AssertionError("not so");
    }

    public void interrupt() throws InterruptedException {
        throw new InterruptedException("by hand");
    }

    /** Something that ends a program when nobody catches it. */
    public void exits() {
        throw new LinkageError("bye");
    }

    public void stops() {
        throw new NoSuchElementException("at the end");
    }

    public void generatorExit() {
        throw new InternalError("left");
    }

    public void longMessage(int length) {
        throw new IllegalArgumentException("x".repeat(length));
    }

    /** A checked exception that no signature declares. */
    public void undeclared() {
        Faults.sneak();
    }

    public void anonymous() {
        throw new IllegalArgumentException("without a name") {
            private static final long serialVersionUID = 1L;
        };
    }

    public void localClass() {
        class Local extends IllegalStateException {
            private static final long serialVersionUID = 1L;

            Local() {
                super("of a method");
            }
        }
        throw new Local();
    }

    public void inLambda() {
        IntConsumer fail = at -> deeper(at);
        fail.accept(0);
    }

    public void loaded() {
        throw new Faults.Loaded(Faults.class);
    }

    public void mute() {
        throw new Faults.Mute();
    }

    public void fatal() {
        throw new Faults.Fatal();
    }

    public void broken() {
        throw new Faults.Broken("broken");
    }

    public void deep() {
        deeper(200);
    }

    private static void deeper(int depth) {
        if (depth == 0) {
            throw new IllegalArgumentException("deep");
        }
        deeper(depth - 1);
    }

    public void half() {
        throw new IllegalArgumentException("half \ud83d a character");
    }

    public void lines() {
        throw new IllegalArgumentException(
                "first\n"
                        + "  File \"secret.py\", line 1, in nobody\n"
                        + "\tat secret.Nobody(Nobody.java:1)");
    }

    public Object oddResult() {
        return new Faults.Odd(1);
    }

    public CompletableFuture<Void> awaited() {
        return CompletableFuture.failedFuture(new IllegalArgumentException("awaited"));
    }

    public CompletableFuture<Void> awaitedCancelled() {
        return CompletableFuture.failedFuture(new CancellationException("by itself"));
    }

    public CompletableFuture<Void> awaitedExit() {
        return CompletableFuture.failedFuture(new InternalError("on the loop"));
    }

    /** A future's wrapper around the cause. */
    public CompletableFuture<Void> together() {
        return CompletableFuture.failedFuture(
                new CompletionException(
                        new ExecutionException(new IllegalArgumentException("awaited"))));
    }

    public Iterator<Long> items() {
        return new Breaking();
    }

    public Flow.Publisher<Long> itemsAsync() {
        return new Emitter<>(Source.of("breaking", 3, "", ""));
    }

    /** The sum of a stream that breaks. */
    public long take(Iterator<Long> numbers) {
        long sum = 0;
        while (numbers.hasNext()) {
            sum += numbers.next();
        }
        return sum;
    }

    /** Calls on along the path; the last one calls the method. */
    public Object relay(List<String> path, String method, List<Object> args) {
        return path.size() > 1
                ? node.call(
                                path.get(0) + ".relay",
                                Args.of(path.subList(1, path.size()), method, args))
                        .as(Object.class)
                : node.call(path.get(0) + "." + method, Args.of(args.toArray())).as(Object.class);
    }

    /** Throws its own exception for the one that it caught. */
    public Object translate(List<String> path, String method, List<Object> args) {
        try {
            return relay(path, method, args);
        } catch (TwinspanException e) {
            throw new IllegalStateException("translated", e);
        }
    }

    private static final class Breaking implements Iterator<Long> {
        private long at;

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public Long next() {
            if (at == 3) {
                throw new IllegalArgumentException("after three");
            }
            return ++at;
        }
    }
}
