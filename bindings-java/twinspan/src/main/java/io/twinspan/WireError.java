package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The name under which an exception class crosses. Python's twin is
 * {@code @twinspan.error("shop.FraudRejected")}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface WireError {
    /**
     * The registered name, the same in every language.
     *
     * @return for example {@code shop.FraudRejected}
     */
    String value();
}
