package io.twinspan;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Options of one method of a contract. {@link CallOptions} given to the client win over them. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Call {
    /**
     * How long the call may take: a number with {@code us}, {@code ms}, {@code s}, {@code m} or
     * {@code h}.
     *
     * @return for example {@code 200ms}; empty for the default of 30 seconds
     */
    String timeout() default "";

    /**
     * How often the call is tried at most.
     *
     * @return 0 for the provider's default
     */
    int attempts() default 0;

    /**
     * The method's name at the provider, when Java can't spell it or spells it differently.
     *
     * @return empty for the name of the Java method
     */
    String name() default "";
}
