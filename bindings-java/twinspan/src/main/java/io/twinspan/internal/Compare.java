package io.twinspan.internal;

import java.util.List;
import java.util.Map;

/** Compares what callers of a service rely on with what an App offers. */
public final class Compare {
    private Compare() {}

    /**
     * Answers what no longer fits.
     *
     * @param wanted an encoded service, or the text of a contract file
     * @param offered the service as it is
     * @return the encoded changes: {@code where}, {@code what}, {@code breaking}
     */
    @SuppressWarnings("unchecked")
    public static List<Map<String, Object>> changes(byte[] wanted, Offer offered) {
        Native.require();
        try {
            byte[] changes = Native.compare(wanted, Wire.encode(offered.encoded()));
            return (List<Map<String, Object>>) Wire.untyped(changes);
        } catch (NativeException e) {
            throw Raise.from(e);
        }
    }
}
