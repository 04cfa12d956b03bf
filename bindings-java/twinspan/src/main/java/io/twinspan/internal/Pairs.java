package io.twinspan.internal;

import io.twinspan.Kind;
import io.twinspan.RemoteCancelledException;
import io.twinspan.TwinspanException;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;

/** The standard pairs: which built-in exception of Python means the same as one of Java. */
public final class Pairs {
    private static final Map<Class<?>, String> TO_PYTHON =
            Map.ofEntries(
                    Map.entry(IllegalArgumentException.class, "builtins.ValueError"),
                    Map.entry(NoSuchElementException.class, "builtins.LookupError"),
                    Map.entry(IndexOutOfBoundsException.class, "builtins.IndexError"),
                    Map.entry(ClassCastException.class, "builtins.TypeError"),
                    Map.entry(TimeoutException.class, "builtins.TimeoutError"),
                    Map.entry(SecurityException.class, "builtins.PermissionError"),
                    Map.entry(UnsupportedOperationException.class, "builtins.NotImplementedError"),
                    Map.entry(ArithmeticException.class, "builtins.ArithmeticError"),
                    Map.entry(NoSuchFileException.class, "builtins.FileNotFoundError"),
                    Map.entry(java.io.FileNotFoundException.class, "builtins.FileNotFoundError"),
                    Map.entry(IOException.class, "builtins.OSError"),
                    Map.entry(IllegalStateException.class, "builtins.RuntimeError"),
                    Map.entry(CancellationException.class, "asyncio.CancelledError"));

    private static final Map<String, String> TO_JAVA =
            Map.ofEntries(
                    Map.entry("builtins.ValueError", "java.lang.IllegalArgumentException"),
                    Map.entry("builtins.KeyError", "java.util.NoSuchElementException"),
                    Map.entry("builtins.LookupError", "java.util.NoSuchElementException"),
                    Map.entry("builtins.IndexError", "java.lang.IndexOutOfBoundsException"),
                    Map.entry("builtins.TypeError", "java.lang.ClassCastException"),
                    Map.entry("builtins.TimeoutError", "java.util.concurrent.TimeoutException"),
                    Map.entry("builtins.PermissionError", "java.lang.SecurityException"),
                    Map.entry(
                            "builtins.NotImplementedError",
                            "java.lang.UnsupportedOperationException"),
                    Map.entry("builtins.ZeroDivisionError", "java.lang.ArithmeticException"),
                    Map.entry("builtins.ArithmeticError", "java.lang.ArithmeticException"),
                    Map.entry("builtins.FileNotFoundError", "java.nio.file.NoSuchFileException"),
                    Map.entry("builtins.OSError", "java.io.IOException"),
                    Map.entry("builtins.RuntimeError", "java.lang.IllegalStateException"),
                    Map.entry(
                            "asyncio.CancelledError", "java.util.concurrent.CancellationException"),
                    Map.entry(
                            "concurrent.futures.CancelledError",
                            "java.util.concurrent.CancellationException"));

    private Pairs() {}

    /**
     * Names of the supertypes of an exception's class and of what they mean in Python, nearest
     * first.
     */
    static List<String> also(Throwable thrown) {
        Class<?> type = thrown.getClass();
        Set<String> names = new LinkedHashSet<>();
        Set<String> pairs = new LinkedHashSet<>();
        for (Class<?> c = type; c != null && c != Throwable.class; c = c.getSuperclass()) {
            if (c != type) {
                names.add(Failures.name(c));
            }
            String pair = TO_PYTHON.get(c);
            if (pair != null) {
                pairs.add(pair);
            }
        }
        if (thrown instanceof TwinspanException own) {
            if (own instanceof RemoteCancelledException) {
                pairs.add("twinspan.RemoteCancelled");
            }
            pairs.add(
                    "twinspan."
                            + (own.kind() == Kind.REMOTE ? "RemoteError" : own.kind().wireName()));
        } else if (pairs.isEmpty() && RuntimeException.class.isAssignableFrom(type)) {
            pairs.add("builtins.RuntimeError");
        }
        if (pairs.contains("builtins.IndexError")) {
            pairs.add("builtins.LookupError"); // its base
        }
        names.addAll(pairs);
        return List.copyOf(names);
    }

    /**
     * Names of the Java classes that mean the same as one of these.
     *
     * @param names names of exception classes of any language
     * @return the names of their partners, in the same order
     */
    public static List<String> inJava(List<String> names) {
        List<String> partners = new ArrayList<>();
        for (String name : names) {
            String partner = TO_JAVA.get(name);
            if (partner != null) {
                partners.add(partner);
            }
        }
        return partners;
    }
}
