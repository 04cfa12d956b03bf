package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The name under which a record crosses, so that the receiver of a sealed interface knows which
 * member it got. Python's twin is {@code @twinspan.record("shop.Card")}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface WireType {
    /**
     * The registered name, the same in every language.
     *
     * @return for example {@code shop.Card}
     */
    String value();
}
