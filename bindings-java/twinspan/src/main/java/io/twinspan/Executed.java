package io.twinspan;

/** Whether the handler of a failed call ran. */
public enum Executed {
    /** Certainly not: the call can be repeated without harm. */
    NO,
    /** It may have run, wholly or in part. */
    MAYBE,
    /** It ran; only its answer is missing or unreadable. */
    YES;

    static Executed named(Object text) {
        if ("yes".equals(text)) {
            return YES;
        }
        return "maybe".equals(text) ? MAYBE : NO;
    }
}
