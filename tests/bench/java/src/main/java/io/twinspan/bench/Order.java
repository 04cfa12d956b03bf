package io.twinspan.bench;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What the driver asks of a client, one line each; agents/order.py describes it. */
record Order(String face, String pace, String transport, String to, long nanos, int bytes) {
    static Order read(String line) {
        Map<String, String> words = pairs(line.split(" "));
        return new Order(
                words.get("face"),
                words.get("pace"),
                words.get("transport"),
                words.get("to"),
                (long) (Double.parseDouble(words.get("seconds")) * 1e9),
                Integer.parseInt(words.get("bytes")));
    }

    byte[] payload() {
        byte[] payload = new byte[bytes];
        Arrays.fill(payload, (byte) 7);
        return payload;
    }

    String target() {
        return to + "." + transport;
    }

    /** Words such as {@code a=1}; others are left out. */
    static Map<String, String> pairs(String[] words) {
        Map<String, String> pairs = new HashMap<>();
        for (String word : words) {
            int at = word.indexOf('=');
            if (at > 0) {
                pairs.put(word.substring(0, at), word.substring(at + 1));
            }
        }
        return pairs;
    }
}
