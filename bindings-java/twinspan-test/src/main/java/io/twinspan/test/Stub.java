package io.twinspan.test;

import io.twinspan.Kind;
import io.twinspan.Nullable;
import io.twinspan.internal.Raise;

import java.time.Duration;
import java.util.Objects;

/**
 * What a method of a fake node shall answer; made by {@link FakeNode#on}. It holds once its answer
 * was said: by {@link #returns}, {@link #raises}, {@link #answers} or {@link #proceeds}.
 */
public final class Stub {
    /** Answers calls in the place of a handler. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Answers one call, on a thread of the node.
         *
         * @param call the call with its arguments
         * @return the result; an {@code Iterator}, a {@code Stream} or a {@code Flow.Publisher} is
         *     sent as a stream
         * @throws Exception what the caller gets as a remote error
         */
        @Nullable
        Object answer(FakeCall call) throws Exception;
    }

    private final FakeNode node;
    private final String target;
    private Duration delay = Duration.ZERO;
    private @Nullable Class<?> like;

    Stub(FakeNode node, String target) {
        this.node = node;
        this.target = target;
    }

    /**
     * Waits on the node's clock before each answer.
     *
     * @param delay how long, not below zero
     * @return this
     */
    public Stub delay(Duration delay) {
        if (delay.isNegative()) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS, "a delay is not below zero: " + delay, "Leave it out.");
        }
        this.delay = delay;
        return this;
    }

    /**
     * Says which arguments fit; without it a method that no App serves takes any.
     *
     * @param contract an interface that has the method
     * @return this
     */
    public Stub like(Class<?> contract) {
        this.like = Objects.requireNonNull(contract, "contract");
        return this;
    }

    /**
     * Answers every call alike.
     *
     * @param value the result
     * @return the node
     */
    public FakeNode returns(@Nullable Object value) {
        return answers(call -> value);
    }

    /**
     * Fails every call as a handler that throws.
     *
     * @param error what it throws, checked or not
     * @return the node
     */
    public FakeNode raises(Throwable error) {
        Objects.requireNonNull(error, "error");
        return answers(
                call -> {
                    if (error instanceof Exception exception) {
                        throw exception;
                    }
                    throw (Error) error;
                });
    }

    /**
     * Answers calls by a function.
     *
     * @param handler runs on several threads at once
     * @return the node
     */
    public FakeNode answers(Handler handler) {
        return node.stub(
                target, new Chosen(Objects.requireNonNull(handler, "handler"), delay), like);
    }

    /**
     * Leaves the answer to the App that serves the method: for a delay alone.
     *
     * @return the node
     */
    public FakeNode proceeds() {
        return node.stub(target, new Chosen(null, delay), like);
    }

    /** A stub that holds. */
    record Chosen(@Nullable Handler handler, Duration delay) {}
}
