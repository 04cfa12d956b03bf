package io.twinspan.internal.codec;

import java.util.Collection;
import java.util.Locale;

/** Names as the two languages spell them: {@code order_id} and {@code orderId}. */
final class Names {
    private Names() {}

    /**
     * The snake_case form; a run of capitals is one word. Names that share it are aliases of each
     * other.
     */
    static String snake(String name) {
        int length = name.length();
        StringBuilder out = new StringBuilder(length + 4);
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (Character.isUpperCase(c) && i > 0 && name.charAt(i - 1) != '_') {
                boolean starts = !Character.isUpperCase(name.charAt(i - 1));
                boolean ends = i + 1 < length && Character.isLowerCase(name.charAt(i + 1));
                if (starts || ends) {
                    out.append('_');
                }
            }
            out.append(c);
        }
        return out.toString().toLowerCase(Locale.ROOT);
    }

    /** The candidate that a typing error would come from; null when none is near. */
    static String nearest(String name, Collection<String> candidates) {
        String best = null;
        int least = Math.max(2, Math.min(name.length(), 64) / 3) + 1;
        for (String candidate : candidates) {
            int distance = distance(cut(snake(name)), cut(snake(candidate)));
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    private static String cut(String name) {
        return name.length() > 64 ? name.substring(0, 64) : name;
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
