package io.twinspan.internal;

import io.twinspan.internal.codec.RecordNames;

/** A method of a service, prepared in the core on first use and freed with this object. */
final class Prepared {
    private final LiveNode node;
    private final String service;
    private final String method;
    private final Options options;
    private final long timeoutNanos;
    private volatile long handle;

    private final RecordNames records;

    Prepared(LiveNode node, String service, String method, Options options) {
        this(node, service, method, options, node.hosted().records());
    }

    /**
     * @param records tells of which class registered records without a declared type are
     */
    Prepared(LiveNode node, String service, String method, Options options, RecordNames records) {
        this.records = records;
        this.node = node;
        this.service = service;
        this.method = method;
        this.options = options;
        this.timeoutNanos = options.timeoutNanos();
    }

    LiveNode node() {
        return node;
    }

    RecordNames records() {
        return records;
    }

    String target() {
        return service + "." + method;
    }

    long timeoutNanos() {
        return timeoutNanos;
    }

    /** The same method under the options of the scope, which win over its own. */
    Prepared under(Ambient ambient) {
        Options chosen = ambient == null ? null : ambient.options();
        return chosen == null ? this : node.prepared(target(), chosen.over(options));
    }

    long handle() {
        long known = handle;
        return known != 0 ? known : prepare();
    }

    private synchronized long prepare() {
        if (handle != 0) {
            return handle;
        }
        try {
            long made = Native.method(node.handle(), Wire.encode(options.encoded(service, method)));
            LiveNode.CLEANER.register(this, () -> Native.methodFree(made));
            handle = made;
            return made;
        } catch (NativeException e) {
            throw Raise.from(e);
        }
    }
}
