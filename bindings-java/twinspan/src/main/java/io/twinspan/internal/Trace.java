package io.twinspan.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Remote frames as lines of a Java stack trace. */
public final class Trace {
    /** Classes of the public package between the place of a throw and the user's line. */
    private static final Set<String> OWN =
            Set.of(
                    "io.twinspan.Kind",
                    "io.twinspan.Errors",
                    "io.twinspan.RemoteCall",
                    "io.twinspan.RemoteCallException",
                    "io.twinspan.RemoteCancelledException");

    private Trace() {}

    /**
     * Puts remote frames before local ones.
     *
     * @param remote encoded frames, innermost last
     * @param local the local stack, innermost first
     * @return one stack, innermost first, without the library's own frames
     */
    public static StackTraceElement[] join(List<?> remote, StackTraceElement[] local) {
        List<StackTraceElement> out = new ArrayList<>();
        int least = Math.max(0, remote.size() - Failures.MAX_FRAMES);
        for (int i = remote.size() - 1; i >= least; i--) {
            if (remote.get(i) instanceof Map<?, ?> frame) {
                out.add(element(text(frame, "file"), frame.get("line"), text(frame, "function")));
            }
        }
        for (StackTraceElement frame : local) {
            if (Failures.isRunner(frame.getClassName())) {
                break; // Below the handler are the library and its executor.
            }
            if (!Failures.isPlumbing(frame.getClassName()) && !OWN.contains(frame.getClassName())) {
                out.add(frame);
            }
        }
        return out.toArray(new StackTraceElement[0]);
    }

    private static StackTraceElement element(String file, Object line, String function) {
        int number = line instanceof Number n ? n.intValue() : 0;
        String name = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
        int dot = function.lastIndexOf('.');
        String owner = dot < 0 ? "" : function.substring(0, dot);
        String method = function.substring(dot + 1);
        if ((owner.isEmpty() || owner.startsWith("__main__"))
                && !name.endsWith(".java")
                && name.indexOf('.') > 0) {
            // The module that was started has no name of its own, but its file does:
            // `fraud.score(fraud.py:42)`.
            String module = name.substring(0, name.lastIndexOf('.'));
            owner = owner.isEmpty() ? module : module + owner.substring("__main__".length());
        }
        return new StackTraceElement(
                owner.isEmpty() ? "<remote>" : owner,
                method,
                name.isEmpty() ? null : name,
                number > 0 ? number : -1);
    }

    private static String text(Map<?, ?> map, String key) {
        return map.get(key) instanceof String text ? text : "";
    }
}
