package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The value of a component, field or parameter that the sender left out: {@code @Default("1") int
 * depth}. Numbers, booleans, text, enums, UUIDs and the types of {@code java.time} are read from
 * their usual text.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD, ElementType.PARAMETER})
public @interface Default {
    /**
     * The default as text.
     *
     * @return text that the declared type can be read from
     */
    String value();
}
