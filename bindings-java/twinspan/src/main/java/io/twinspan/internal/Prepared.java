package io.twinspan.internal;

import java.lang.ref.Cleaner;

/** A method of a service, prepared in the core on first use and freed with this object. */
final class Prepared {
    private static final Cleaner CLEANER = Cleaner.create();

    private final LiveNode node;
    private final String service;
    private final String method;
    private final Options options;
    private final long timeoutNanos;
    private volatile long handle;

    /**
     * The service wasn't known when the handle was made: its method may be spelt in another case.
     */
    private volatile boolean provisional;

    Prepared(LiveNode node, String service, String method, Options options) {
        this.node = node;
        this.service = service;
        this.method = method;
        this.options = options;
        this.timeoutNanos = options.timeoutNanos();
    }

    LiveNode node() {
        return node;
    }

    String target() {
        return service + "." + method;
    }

    long timeoutNanos() {
        return timeoutNanos;
    }

    long handle() {
        long known = handle;
        return known != 0 && !provisional ? known : prepare();
    }

    private synchronized long prepare() {
        if (handle != 0 && !provisional) {
            return handle;
        }
        String wire = Aliases.isCompound(method) ? node.alias(service, method) : method;
        if (wire == null && handle != 0) {
            return handle; // The service is still unknown: the name as it is written stays the best
            // guess.
        }
        provisional = wire == null;
        String name = wire == null ? method : wire;
        try {
            long made = Native.method(node.handle(), Wire.encode(options.encoded(service, name)));
            CLEANER.register(this, () -> Native.methodFree(made));
            handle = made;
            return made;
        } catch (NativeException e) {
            throw Raise.from(e);
        }
    }
}
