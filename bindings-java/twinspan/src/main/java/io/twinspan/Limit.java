package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Limits how much of a served method one node takes on: {@code @Limit(running = 2, waiting = 10)}.
 * A call beyond it is refused at once with {@link OverloadedException}, and did not run. That of
 * the implementation counts before that of its interface. A whole service has {@link App#limit}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Limit {
    /**
     * Handlers at once; one that waits in a nested call doesn't count meanwhile.
     *
     * @return at least 1; -1: not limited here
     */
    int running() default -1;

    /**
     * Calls that wait for a handler.
     *
     * @return at least 0; -1: not limited here
     */
    int waiting() default -1;

    /**
     * Bytes of the arguments that wait. A single call may have more when no other waits.
     *
     * @return at least 1; -1: not limited here
     */
    long bytes() default -1;
}
