package io.twinspan.internal.codec;

import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The registered classes that a node knows: those of its contracts and services, and those that its
 * App names. The former are held weakly, so that a node doesn't keep the class loader of a contract
 * that nobody uses any more.
 */
public final class KnownRecords implements RecordNames {
    /** Replaced whole under the lock, read without it. */
    private volatile Map<String, WeakReference<Class<?>>> seen = Map.of();

    private volatile Map<String, Class<?>> named = Map.of();

    /** Knows none yet. */
    public KnownRecords() {}

    @Override
    public Class<?> find(String name) {
        Class<?> explicit = named.get(name);
        if (explicit != null) {
            return explicit;
        }
        WeakReference<Class<?>> known = seen.get(name);
        return known == null ? null : known.get();
    }

    /**
     * Adds what an App names itself. It wins over what is seen.
     *
     * @param classes by their names
     * @throws ValueException when another class has one of the names
     */
    public synchronized void name(Map<String, Class<?>> classes) {
        Map<String, Class<?>> both = new HashMap<>(named);
        classes.forEach(
                (name, type) -> {
                    Class<?> other = both.putIfAbsent(name, type);
                    if (other != null && other != type) {
                        throw DeclaredRecords.twice(name, other, type);
                    }
                });
        named = Map.copyOf(both);
    }

    /**
     * Adds what a contract or a service declares. A name stays with the class that had it first,
     * unless a class of the same name was loaded anew.
     *
     * @param declared the classes
     * @param taken hears of a class whose name another has: that one, and the one that came now
     */
    public synchronized void see(DeclaredRecords declared, BiConsumer<Class<?>, Class<?>> taken) {
        if (declared.byName().isEmpty()) {
            return;
        }
        Map<String, WeakReference<Class<?>>> both = new HashMap<>(seen);
        both.values().removeIf(one -> one.get() == null);
        declared.byName()
                .forEach(
                        (name, type) -> {
                            Class<?> other = named.get(name);
                            WeakReference<Class<?>> before = both.get(name);
                            if (other == null && before != null) {
                                other = before.get();
                            }
                            if (other == null || other.getName().equals(type.getName())) {
                                both.put(name, new WeakReference<>(type));
                            } else {
                                taken.accept(other, type);
                            }
                        });
        seen = Map.copyOf(both);
    }
}
