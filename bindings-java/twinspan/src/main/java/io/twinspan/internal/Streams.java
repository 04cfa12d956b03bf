package io.twinspan.internal;

import io.twinspan.Kind;
import io.twinspan.RemoteStream;
import io.twinspan.internal.codec.StreamTypes;

import java.lang.reflect.Method;
import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.stream.Stream;

/** The types in which a method may take and answer streams. */
final class Streams {
    private static final String ONES = "RemoteStream, Stream, Iterator or Flow.Publisher";

    private Streams() {}

    /** Refuses a method where it is given, not at its first call. */
    static void check(Method method, boolean called) {
        int streams = 0;
        for (Class<?> parameter : method.getParameterTypes()) {
            if (StreamTypes.isStream(parameter)) {
                streams++;
            } else if (StreamTypes.isStreamLike(parameter)) {
                throw refuse(method, "a parameter of type " + parameter.getSimpleName());
            }
        }
        if (streams > 1) {
            throw refuse(method, "two streams among its parameters");
        }
        Class<?> returns = method.getReturnType();
        if (called && StreamTypes.isStreamLike(returns) && !StreamTypes.isStream(returns)) {
            throw refuse(method, "the result type " + returns.getSimpleName());
        }
    }

    private static RuntimeException refuse(Method method, String what) {
        return Raise.error(
                Kind.MISUSE,
                "`" + method.toGenericString() + "` has " + what,
                "One parameter may be a stream, and the result: declare " + ONES + ".");
    }

    /** Shows a stream as what was declared. */
    static Object shown(Incoming<?> stream, Class<?> declared) {
        if (declared == Stream.class) {
            return stream.stream();
        }
        if (declared == Iterator.class) {
            return stream.iterator();
        }
        return declared == Flow.Publisher.class ? stream.publisher() : (RemoteStream<?>) stream;
    }

    static void checkBatch(int most) {
        if (most < 1) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "a batch has at least 1 item, not " + most,
                    "10,000 is a good size for bulk.");
        }
    }
}
