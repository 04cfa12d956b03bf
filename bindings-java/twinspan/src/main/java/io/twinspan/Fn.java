package io.twinspan;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.List;

/**
 * A function to serve, with the names of its parameters: {@code Fn.of("a", Point.class, "b",
 * Point.class, Double.class, (a, b) -> ...)}. Each form takes classes or {@link TypeRef}s.
 */
public final class Fn {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private final List<String> names;
    private final List<Type> types;
    private final Type returns;
    private final MethodHandle handle;

    private Fn(List<String> names, List<Type> types, Type returns, Class<?> face, Object function) {
        this.names = names;
        this.types = types;
        this.returns = returns;
        try {
            MethodType erased = MethodType.genericMethodType(names.size());
            this.handle = LOOKUP.findVirtual(face, "apply", erased).bindTo(function);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the interface " + face + " lacks apply", e);
        }
    }

    /**
     * A function of no parameters.
     *
     * @param <R> type of the result
     */
    @FunctionalInterface
    public interface F0<R> {
        /**
         * Runs the handler.
         *
         * @return the result
         * @throws Exception what the caller gets as a remote error
         */
        R apply() throws Exception;
    }

    /**
     * A function of one parameter.
     *
     * @param <A> type of parameter 1
     * @param <R> type of the result
     */
    @FunctionalInterface
    public interface F1<A, R> {
        /**
         * Runs the handler.
         *
         * @param a argument 1
         * @return the result
         * @throws Exception what the caller gets as a remote error
         */
        R apply(A a) throws Exception;
    }

    /**
     * A function of two parameters.
     *
     * @param <A> type of parameter 1
     * @param <B> type of parameter 2
     * @param <R> type of the result
     */
    @FunctionalInterface
    public interface F2<A, B, R> {
        /**
         * Runs the handler.
         *
         * @param a argument 1
         * @param b argument 2
         * @return the result
         * @throws Exception what the caller gets as a remote error
         */
        R apply(A a, B b) throws Exception;
    }

    /**
     * A function of three parameters.
     *
     * @param <A> type of parameter 1
     * @param <B> type of parameter 2
     * @param <C> type of parameter 3
     * @param <R> type of the result
     */
    @FunctionalInterface
    public interface F3<A, B, C, R> {
        /**
         * Runs the handler.
         *
         * @param a argument 1
         * @param b argument 2
         * @param c argument 3
         * @return the result
         * @throws Exception what the caller gets as a remote error
         */
        R apply(A a, B b, C c) throws Exception;
    }

    /**
     * Names the parameters of a function.
     *
     * @param <R> type of the result
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <R> Fn of(Class<R> returns, F0<R> function) {
        return new Fn(List.of(), List.of(), returns, F0.class, function);
    }

    /**
     * Names the parameters of a function, with generic types.
     *
     * @param <R> type of the result
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <R> Fn of(TypeRef<R> returns, F0<R> function) {
        return new Fn(List.of(), List.of(), returns.type(), F0.class, function);
    }

    /**
     * Names the parameters of a function.
     *
     * @param <A> type of parameter 1
     * @param <R> type of the result
     * @param a name of parameter 1
     * @param aType its type
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <A, R> Fn of(String a, Class<A> aType, Class<R> returns, F1<A, R> function) {
        return new Fn(List.of(a), List.of(aType), returns, F1.class, function);
    }

    /**
     * Names the parameters of a function, with generic types.
     *
     * @param <A> type of parameter 1
     * @param <R> type of the result
     * @param a name of parameter 1
     * @param aType its type
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <A, R> Fn of(String a, TypeRef<A> aType, TypeRef<R> returns, F1<A, R> function) {
        return new Fn(List.of(a), List.of(aType.type()), returns.type(), F1.class, function);
    }

    /**
     * Names the parameters of a function.
     *
     * @param <A> type of parameter 1
     * @param <B> type of parameter 2
     * @param <R> type of the result
     * @param a name of parameter 1
     * @param aType its type
     * @param b name of parameter 2
     * @param bType its type
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <A, B, R> Fn of(
            String a,
            Class<A> aType,
            String b,
            Class<B> bType,
            Class<R> returns,
            F2<A, B, R> function) {
        return new Fn(List.of(a, b), List.of(aType, bType), returns, F2.class, function);
    }

    /**
     * Names the parameters of a function, with generic types.
     *
     * @param <A> type of parameter 1
     * @param <B> type of parameter 2
     * @param <R> type of the result
     * @param a name of parameter 1
     * @param aType its type
     * @param b name of parameter 2
     * @param bType its type
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <A, B, R> Fn of(
            String a,
            TypeRef<A> aType,
            String b,
            TypeRef<B> bType,
            TypeRef<R> returns,
            F2<A, B, R> function) {
        return new Fn(
                List.of(a, b),
                List.of(aType.type(), bType.type()),
                returns.type(),
                F2.class,
                function);
    }

    /**
     * Names the parameters of a function.
     *
     * @param <A> type of parameter 1
     * @param <B> type of parameter 2
     * @param <C> type of parameter 3
     * @param <R> type of the result
     * @param a name of parameter 1
     * @param aType its type
     * @param b name of parameter 2
     * @param bType its type
     * @param c name of parameter 3
     * @param cType its type
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <A, B, C, R> Fn of(
            String a,
            Class<A> aType,
            String b,
            Class<B> bType,
            String c,
            Class<C> cType,
            Class<R> returns,
            F3<A, B, C, R> function) {
        return new Fn(List.of(a, b, c), List.of(aType, bType, cType), returns, F3.class, function);
    }

    /**
     * Names the parameters of a function, with generic types.
     *
     * @param <A> type of parameter 1
     * @param <B> type of parameter 2
     * @param <C> type of parameter 3
     * @param <R> type of the result
     * @param a name of parameter 1
     * @param aType its type
     * @param b name of parameter 2
     * @param bType its type
     * @param c name of parameter 3
     * @param cType its type
     * @param returns type of the result
     * @param function runs on several threads at once
     * @return the function to serve
     */
    public static <A, B, C, R> Fn of(
            String a,
            TypeRef<A> aType,
            String b,
            TypeRef<B> bType,
            String c,
            TypeRef<C> cType,
            TypeRef<R> returns,
            F3<A, B, C, R> function) {
        return new Fn(
                List.of(a, b, c),
                List.of(aType.type(), bType.type(), cType.type()),
                returns.type(),
                F3.class,
                function);
    }

    List<String> names() {
        return names;
    }

    List<Type> types() {
        return types;
    }

    Type returns() {
        return returns;
    }

    MethodHandle handle() {
        return handle;
    }
}
