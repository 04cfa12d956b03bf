package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An argument that a contract's method gives by its name instead of its place, as Python callers
 * write {@code quote(order, unit="km")}. One that is null is left out, so that the provider's
 * default holds.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface ByName {
    /**
     * The parameter's name at the provider.
     *
     * @return empty for the name in Java, which needs {@code -parameters}
     */
    String value() default "";
}
