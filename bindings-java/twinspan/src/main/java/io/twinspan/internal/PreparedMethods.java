package io.twinspan.internal;

import io.twinspan.Kind;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** The methods that a node called by name; kept for the next call, within a bound. */
final class PreparedMethods {
    private static final int MOST = 1024;

    private final ConcurrentHashMap<List<Object>, Prepared> kept = new ConcurrentHashMap<>();

    /** The method under these options. */
    Prepared get(LiveNode node, String target, Options options) {
        List<Object> key = List.of(target, options);
        Prepared known = kept.get(key);
        if (known != null) {
            return known;
        }
        int dot = target.lastIndexOf('.');
        if (dot <= 0 || dot == target.length() - 1) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + target + "` is not service.method",
                    "Name the method like pricing.quote.");
        }
        Prepared made =
                new Prepared(node, target.substring(0, dot), target.substring(dot + 1), options);
        if (kept.size() < MOST) {
            Prepared first = kept.putIfAbsent(key, made);
            return first != null ? first : made;
        }
        return made;
    }
}
