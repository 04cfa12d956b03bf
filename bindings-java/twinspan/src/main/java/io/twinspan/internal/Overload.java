package io.twinspan.internal;

import io.twinspan.CallContext;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Parameter;
import io.twinspan.internal.codec.RecordNames;
import io.twinspan.internal.codec.Signature;
import io.twinspan.internal.codec.StreamTypes;
import io.twinspan.internal.codec.ValueException;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * One Java method behind a served name: what it takes, and a handle that runs it without
 * reflection.
 */
final class Overload {
    private static final MethodType GENERIC = MethodType.methodType(Object.class, Object[].class);

    private final Signature signature;

    /** For each Java argument the index of its parameter, or -1 for the injected context. */
    private final int[] slots;

    private final Type returns;
    private final boolean async;
    private final boolean answersStream;

    /** The index of the parameter that may get the stream among the arguments, or -1. */
    private final int input;

    private final MethodHandle handle;
    private final String origin;

    /** Null for a function that no method declares. */
    private final Method method;

    Overload(
            Signature signature,
            int[] slots,
            Type returns,
            MethodHandle bound,
            String origin,
            Method method) {
        this.method = method;
        this.signature = signature;
        this.slots = slots;
        this.async = CompletionStage.class.isAssignableFrom(Types.raw(returns));
        this.returns = async ? Types.argument(returns) : returns;
        this.answersStream = StreamTypes.isStreamLike(Types.raw(this.returns));
        this.input = input(signature);
        this.handle = bound.asFixedArity().asSpreader(Object[].class, slots.length).asType(GENERIC);
        this.origin = origin;
    }

    private static int input(Signature signature) {
        List<Parameter> parameters = signature.parameters();
        int either = -1;
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).isStream()) {
                return i;
            }
            either = StreamTypes.isEither(parameters.get(i).type()) ? i : either;
        }
        return either;
    }

    /** A method of a class, run on {@code target}. */
    static Overload of(String name, Method method, Object target, MethodHandles.Lookup lookup)
            throws IllegalAccessException {
        Map<TypeVariable<?>, Type> bindings = Types.bindings(target.getClass());
        java.lang.reflect.Parameter[] declared = method.getParameters();
        Type[] types = method.getGenericParameterTypes();
        List<Parameter> parameters = new ArrayList<>();
        int[] slots = new int[declared.length];
        for (int i = 0; i < declared.length; i++) {
            if (declared[i].getType() == CallContext.class) {
                slots[i] = -1;
                continue;
            }
            slots[i] = parameters.size();
            try {
                parameters.add(Parameter.of(declared[i], Types.resolve(types[i], bindings)));
            } catch (ValueException e) {
                throw Raise.error(
                        Kind.MISUSE,
                        "a parameter of `"
                                + method.toGenericString()
                                + "` can't cross: "
                                + e.getMessage(),
                        "Change its type, or serve an interface without this method.");
            }
        }
        Type returns = Types.resolve(method.getGenericReturnType(), bindings);
        MethodHandle bound = lookup.unreflect(method).bindTo(target);
        return new Overload(
                Signature.of(name, parameters, returns),
                slots,
                returns,
                bound,
                method.toGenericString(),
                method);
    }

    Signature signature() {
        return signature;
    }

    /** What callers get: of a stage, its value. */
    Type returns() {
        return returns;
    }

    /** What declares it; null for a function. */
    Method method() {
        return method;
    }

    boolean isAsync() {
        return async;
    }

    /** Whether callers get a stream. */
    boolean answersStream() {
        return answersStream;
    }

    /** Whether callers may give a stream. */
    boolean takesStream() {
        return input >= 0 && signature.parameters().get(input).isStream();
    }

    /** Whether a result is sent item by item. */
    boolean isStream(Object result) {
        return StreamTypes.isSource(result)
                || StreamTypes.isEither(returns)
                        && result != null
                        && !(result instanceof Collection);
    }

    /** Puts the stream among the arguments in the place of its mark. */
    void open(Object[] given, Running running, LiveNode node, String target, RecordNames records) {
        for (int i = 0; i < given.length; i++) {
            Parameter parameter = signature.parameters().get(i);
            boolean mark = given[i] == StreamTypes.MARK;
            if (mark && (i != input || running.input() == 0)) {
                throw ValueException.misplaced();
            }
            if (!mark && !(parameter.isStream() && given[i] instanceof List)) {
                continue;
            }
            Feed feed =
                    mark
                            ? inbound(parameter, running, node, target, records)
                            : new ListFeed(node, (List<?>) given[i]);
            given[i] = Streams.shown(new Incoming<>(feed, null), Types.raw(parameter.type()));
        }
    }

    private static Feed inbound(
            Parameter parameter,
            Running running,
            LiveNode node,
            String target,
            RecordNames records) {
        return new Inbound(
                node,
                new StreamEnd(running.input(), null),
                "the stream for `" + target + "`",
                StreamTypes.item(parameter.type()),
                running,
                records,
                error -> error);
    }

    /** The Java method, for messages. */
    String origin() {
        return origin;
    }

    /** Whether callers can give every argument by name. */
    boolean hasNames() {
        return signature.parameters().stream().allMatch(parameter -> parameter.name() != null);
    }

    /** Whether a parameter wants the {@code CallContext}. */
    boolean wantsContext() {
        return slots.length != signature.parameters().size();
    }

    /** Arguments of the Java method: those of the caller, and the context where it is wanted. */
    Object[] assemble(Object[] given, Object context) {
        if (!wantsContext()) {
            return given;
        }
        Object[] all = new Object[slots.length];
        for (int i = 0; i < slots.length; i++) {
            all[i] = slots[i] < 0 ? context : given[slots[i]];
        }
        return all;
    }

    /** Those of the caller among the arguments of the Java method. */
    List<Object> given(Object[] assembled) {
        List<Object> given = new ArrayList<>();
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] >= 0) {
                given.add(assembled[i]);
            }
        }
        return given;
    }

    Object invoke(Object[] arguments) throws Throwable {
        return (Object) handle.invokeExact(arguments);
    }
}
