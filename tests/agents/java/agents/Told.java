package agents;

import io.twinspan.RemoteCallException;
import io.twinspan.TwinspanException;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What a test is told of an exception. */
final class Told {
    private Told() {}

    static Map<String, Object> error(Throwable thrown, int depth) {
        // A future's wrapper says nothing itself.
        Throwable error =
                (thrown instanceof ExecutionException || thrown instanceof CompletionException)
                                && thrown.getCause() != null
                        ? thrown.getCause()
                        : thrown;
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("class", error.getClass().getName());
        List<String> also = new ArrayList<>();
        for (Class<?> c = error.getClass(); c != null; c = c.getSuperclass()) {
            also.add(c.getSimpleName());
        }
        told.put("also", also);
        told.put("text", String.valueOf(error.getMessage()));
        told.put("trace", depth == 0 ? trace(error) : "");
        if (error instanceof TwinspanException e) {
            told.put("kind", e.kind().wireName());
            told.put("executed", e.executed().name().toLowerCase(Locale.ROOT));
            told.put("retryable", e.retryable());
            told.put("node", e.node());
            told.put("advice", e.advice());
            told.put("trace_id", e.traceId());
        }
        if (error instanceof RemoteCallException e) {
            told.put("remote", remote(e));
        }
        if (error instanceof Types.FraudRejected e) {
            told.put("order", e.order());
            told.put("score", e.score());
        }
        if (error instanceof Scene.Broken e) {
            told.put("part", e.part());
            told.put("pieces", e.pieces());
        }
        List<String> notes = new ArrayList<>();
        if (error instanceof RemoteCallException e) {
            notes.addAll(e.notes());
        }
        for (Throwable suppressed : error.getSuppressed()) {
            notes.add(String.valueOf(suppressed.getMessage()));
        }
        told.put("notes", notes);
        if (error.getCause() != null && depth < 8) {
            told.put("cause", error(error.getCause(), depth + 1));
        }
        return told;
    }

    private static Map<String, Object> remote(RemoteCallException e) {
        Map<String, Object> remote = new LinkedHashMap<>();
        remote.put("type", e.type());
        remote.put("language", e.language());
        List<Object> frames = new ArrayList<>();
        for (StackTraceElement frame : e.getStackTrace()) {
            frames.add(frame.toString());
        }
        remote.put("frames", frames);
        try {
            remote.put("details", Literals.of(e.details()));
        } catch (ReflectiveOperationException broken) {
            remote.put("details", broken.toString());
        }
        remote.put("is_value_error", e.is("builtins.ValueError"));
        remote.put("is_illegal_argument", e.is(IllegalArgumentException.class));
        return remote;
    }

    private static String trace(Throwable error) {
        StringWriter out = new StringWriter();
        error.printStackTrace(new PrintWriter(out));
        return out.toString();
    }
}
