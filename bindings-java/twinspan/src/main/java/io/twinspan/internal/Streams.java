package io.twinspan.internal;

import io.twinspan.Kind;

import java.lang.reflect.Method;
import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.stream.BaseStream;

/**
 * Streams don't cross yet; a contract that has one is refused where it is given, not at its first
 * call.
 */
final class Streams {
    private Streams() {}

    static void refuse(Method method, String what) {
        check(method, method.getReturnType(), what);
        for (Class<?> parameter : method.getParameterTypes()) {
            check(method, parameter, what);
        }
    }

    private static void check(Method method, Class<?> type, String what) {
        if (Flow.Publisher.class.isAssignableFrom(type)
                || BaseStream.class.isAssignableFrom(type)
                || Iterator.class.isAssignableFrom(type)) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`"
                            + method.toGenericString()
                            + "` can't be "
                            + what
                            + ": this version carries no streams",
                    "Take and answer lists, page by page if they are long.");
        }
    }
}
