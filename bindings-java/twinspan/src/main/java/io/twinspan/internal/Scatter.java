package io.twinspan.internal;

import io.twinspan.Kind;

import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Several calls at once: of every provider, of some until one answers, or one after another. */
public final class Scatter {
    private Scatter() {}

    /** A provider that takes calls. */
    private record Provider(String id, String name) {}

    /**
     * Makes one call.
     *
     * @param <T> the result
     * @param node calls
     * @param target {@code service.method}
     * @param options how
     * @param positional arguments
     * @param named arguments
     * @param type of the result
     * @return the future result; what is wrong with the call is told by it
     */
    public static <T> CompletableFuture<T> call(
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type) {
        return Calls.callAsync(null, node, target, options, positional, named, type);
    }

    /**
     * Calls every provider that takes calls.
     *
     * @param <T> the results
     * @param node calls
     * @param target {@code service.method}
     * @param options how
     * @param positional arguments
     * @param named arguments
     * @param type of the results
     * @return by the provider's name
     */
    public static <T> Map<String, CompletableFuture<T>> everywhere(
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type) {
        Map<String, CompletableFuture<T>> calls = new LinkedHashMap<>();
        for (Provider one : providers(node, target)) {
            Options only = options.withNode(one.id());
            calls.put(one.name(), call(node, target, only, positional, named, type));
        }
        return calls;
    }

    /** Those that take calls: at least one. */
    private static List<Provider> providers(LiveNode node, String target) {
        String service = target.substring(0, Math.max(0, target.lastIndexOf('.')));
        if (node.services() instanceof List<?> services) {
            for (Object one : services) {
                if (one instanceof Map<?, ?> known && service.equals(known.get("name"))) {
                    List<Provider> ready = ready(known.get("providers"));
                    if (ready.isEmpty()) {
                        throw Raise.error(
                                Kind.UNAVAILABLE,
                                "no provider of `" + service + "` is ready",
                                Native.explainError(Kind.UNAVAILABLE.number()));
                    }
                    return ready;
                }
            }
        }
        throw Raise.error(
                Kind.NOT_FOUND,
                "no service `" + service + "` in the cluster",
                Native.explainError(Kind.NOT_FOUND.number()));
    }

    private static List<Provider> ready(Object providers) {
        List<Provider> ready = new ArrayList<>();
        if (providers instanceof List<?> all) {
            for (Object one : all) {
                if (one instanceof Map<?, ?> map && Boolean.TRUE.equals(map.get("ready"))) {
                    ready.add(
                            new Provider(
                                    String.valueOf(map.get("id")),
                                    String.valueOf(map.get("name"))));
                }
            }
        }
        return ready;
    }

    /**
     * Waits for calls without blocking.
     *
     * @param <R> what is made of them
     * @param calls under way
     * @param end runs when all of them ended
     * @return what {@code end} answers; cancelling it cancels the calls
     */
    public static <R> CompletableFuture<R> all(
            Collection<? extends CompletableFuture<?>> calls, Supplier<R> end) {
        CompletableFuture<R> result = new CompletableFuture<>();
        AtomicInteger left = new AtomicInteger(calls.size());
        if (calls.isEmpty()) {
            result.complete(end.get());
        }
        for (CompletableFuture<?> call : calls) {
            call.whenComplete(
                    (value, error) -> {
                        if (left.decrementAndGet() == 0) {
                            result.complete(end.get());
                        }
                    });
        }
        return cancelling(result, calls);
    }

    /** What is given up, or done without some of its calls, ends those calls. */
    private static <R> CompletableFuture<R> cancelling(
            CompletableFuture<R> result, Collection<? extends CompletableFuture<?>> calls) {
        result.whenComplete((value, error) -> calls.forEach(call -> call.cancel(true)));
        return result;
    }

    /**
     * Calls several providers; the first that answers counts and the others are cancelled.
     *
     * @param <T> the result
     * @param node calls
     * @param target {@code service.method}
     * @param options how
     * @param positional arguments
     * @param named arguments
     * @param type of the result
     * @param most how many are called
     * @return the first answer; if all fail, the first error with the others suppressed
     */
    public static <T> CompletableFuture<T> first(
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type,
            int most) {
        List<Provider> ready = new ArrayList<>(providers(node, target));
        Collections.shuffle(ready);
        List<CompletableFuture<T>> calls = new ArrayList<>();
        for (Provider one : ready.subList(0, Math.min(most, ready.size()))) {
            calls.add(call(node, target, options.withNode(one.id()), positional, named, type));
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        List<Throwable> errors = new ArrayList<>();
        for (CompletableFuture<T> call : calls) {
            call.whenComplete(
                    (value, error) -> {
                        if (error == null) {
                            result.complete(value);
                            return;
                        }
                        synchronized (errors) {
                            errors.add(cause(error));
                            if (errors.size() < calls.size()) {
                                return;
                            }
                        }
                        Throwable first = errors.get(0);
                        errors.subList(1, errors.size()).forEach(first::addSuppressed);
                        result.completeExceptionally(first);
                    });
        }
        return cancelling(result, calls);
    }

    /**
     * Waits for a result; an interrupt cancels it.
     *
     * @param <T> the result
     * @param future of several calls
     * @return the result
     */
    public static <T> T join(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw Raise.interrupted("waiting for several calls was interrupted");
        } catch (ExecutionException e) {
            throw error(e);
        }
    }

    /**
     * Reads the end of a call.
     *
     * @param <T> the result
     * @param <O> what is made of it
     * @param call has ended
     * @param made takes the result, or else the error
     * @return what it makes
     */
    public static <T, O> O outcome(
            CompletableFuture<T> call, BiFunction<T, RuntimeException, O> made) {
        try {
            return made.apply(call.join(), null);
        } catch (CompletionException | CancellationException e) {
            return made.apply(null, error(e));
        }
    }

    private static RuntimeException error(Exception wrapped) {
        Throwable cause = cause(wrapped);
        if (cause instanceof RuntimeException known) {
            return known;
        }
        return Raise.error(Kind.INTERNAL, "a call ended with " + cause, "");
    }

    private static Throwable cause(Throwable error) {
        boolean wrapped =
                error instanceof CompletionException || error instanceof ExecutionException;
        return wrapped && error.getCause() != null ? error.getCause() : error;
    }

    /**
     * Makes calls one after another, a window of them under way at once.
     *
     * @param <A> the arguments of one call
     * @param <T> the results
     * @param <O> what is made of the results
     * @param sets the arguments, read as the calls are made
     * @param window most calls under way
     * @param begin makes one call
     * @param end reads a call that ended
     * @return the ends in the order of the arguments
     */
    public static <A, T, O> Stream<O> pipelined(
            Iterator<A> sets,
            int window,
            Function<A, CompletableFuture<T>> begin,
            Function<CompletableFuture<T>, O> end) {
        Deque<CompletableFuture<T>> underWay = new ArrayDeque<>();
        Iterator<O> ends =
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return !underWay.isEmpty() || sets.hasNext();
                    }

                    @Override
                    public O next() {
                        while (underWay.size() < window && sets.hasNext()) {
                            underWay.add(begin.apply(sets.next()));
                        }
                        CompletableFuture<T> first = underWay.poll();
                        if (first == null) {
                            throw new NoSuchElementException();
                        }
                        await(first, underWay);
                        return end.apply(first);
                    }
                };
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(
                                ends, Spliterator.ORDERED | Spliterator.NONNULL),
                        false)
                .onClose(() -> giveUp(underWay));
    }

    private static <T> void await(
            CompletableFuture<T> first, Deque<CompletableFuture<T>> underWay) {
        try {
            first.get();
        } catch (InterruptedException e) {
            first.cancel(true);
            giveUp(underWay);
            Thread.currentThread().interrupt();
            throw Raise.interrupted("waiting for several calls was interrupted");
        } catch (ExecutionException | CancellationException e) {
            // The outcome tells it.
        }
    }

    private static <T> void giveUp(Deque<CompletableFuture<T>> underWay) {
        underWay.forEach(call -> call.cancel(true));
        underWay.clear();
    }
}
