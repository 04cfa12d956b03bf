package io.twinspan.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * Virtual threads where this JVM has them. The library is compiled for Java 17, so they are found
 * by reflection.
 */
final class Threads {
    private static final MethodHandle IS_VIRTUAL =
            find(Thread.class, "isVirtual", MethodType.methodType(boolean.class), false);
    private static final MethodHandle PER_TASK =
            find(
                    Executors.class,
                    "newThreadPerTaskExecutor",
                    MethodType.methodType(ExecutorService.class, ThreadFactory.class),
                    true);

    private Threads() {}

    /**
     * Whether the current thread is virtual: it must not wait in native code, where it would hold
     * its carrier.
     */
    static boolean isVirtual() {
        if (IS_VIRTUAL == null) {
            return false;
        }
        try {
            return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            return false;
        }
    }

    /** A virtual thread per task, or null where the JVM has none. */
    static ExecutorService virtual(String name) {
        if (PER_TASK == null) {
            return null;
        }
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> face = Class.forName("java.lang.Thread$Builder");
            builder =
                    face.getMethod("name", String.class, long.class)
                            .invoke(builder, name + "-", 0L);
            ThreadFactory factory = (ThreadFactory) face.getMethod("factory").invoke(builder);
            return (ExecutorService) PER_TASK.invoke(factory);
        } catch (Throwable e) {
            return null; // A preview JVM that refuses them: platform threads do.
        }
    }

    private static MethodHandle find(
            Class<?> owner, String name, MethodType type, boolean isStatic) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            return isStatic
                    ? lookup.findStatic(owner, name, type)
                    : lookup.findVirtual(owner, name, type);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
