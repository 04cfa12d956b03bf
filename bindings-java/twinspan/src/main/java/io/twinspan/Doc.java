package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a service, a method, a record or a field says of itself to callers of every language, who
 * see it in {@code help()} and in {@code twinspan describe}. Class files don't keep Javadoc; the
 * annotation processor {@code io.twinspan.doc.JavadocProcessor} does, and this wins over it.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({
    ElementType.TYPE,
    ElementType.METHOD,
    ElementType.FIELD,
    ElementType.RECORD_COMPONENT,
})
public @interface Doc {
    /**
     * The documentation.
     *
     * @return plain text; at most 4 KiB of it are told
     */
    String value();
}
