package io.twinspan.internal;

import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Names of methods match exactly first, then as snake_case or camelCase alias. */
final class Aliases {
    private Aliases() {}

    /** Whether the name has more than one word: others are spelt alike in every language. */
    static boolean isCompound(String name) {
        return name.indexOf('_') > 0 || !name.equals(name.toLowerCase(Locale.ROOT));
    }

    /**
     * The name among the known ones that is meant; the name itself when none or several could be.
     */
    static String choose(String name, Collection<String> known) {
        if (known.contains(name)) {
            return name;
        }
        List<String> alike =
                known.stream().filter(other -> bare(other).equals(bare(name))).toList();
        return alike.size() == 1 ? alike.get(0) : name;
    }

    private static String bare(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }
}
