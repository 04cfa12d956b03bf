package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Keeps the old names of a served method or of its parameter alive: callers of either name are
 * served, and those of an old method see that it is deprecated.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.PARAMETER})
public @interface RenamedFrom {
    /**
     * The names that it had before.
     *
     * @return one or more
     */
    String[] value();
}
