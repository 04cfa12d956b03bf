package io.twinspan.internal.codec;

import io.twinspan.Complex;
import io.twinspan.Member;
import io.twinspan.NdArray;
import io.twinspan.Node;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.ServiceRef;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * From a declared type to its decoder. Class types are kept; generic ones are put together anew and
 * should be kept by the caller.
 */
final class Types {
    private static final Map<TypeVariable<?>, Type> NO_VARIABLES = Map.of();

    private static final ClassValue<Decoder> OF =
            new ClassValue<>() {
                @Override
                protected Decoder computeValue(Class<?> type) {
                    return ofClass(type);
                }
            };

    private static final ClassValue<RecordDecoder> RECORDS =
            new ClassValue<>() {
                @Override
                protected RecordDecoder computeValue(Class<?> type) {
                    return new RecordDecoder(type, NO_VARIABLES);
                }
            };

    private static final Map<Class<?>, Decoder> SCALARS = scalars();

    private Types() {}

    static Decoder decoder(Type type) {
        return type instanceof Class<?> known ? OF.get(known) : decoder(type, NO_VARIABLES);
    }

    static RecordDecoder record(Class<?> type) {
        return RECORDS.get(type);
    }

    /** Whether values of the class have no parts that are declared on their own. */
    static boolean isScalar(Class<?> type) {
        return SCALARS.containsKey(type) || Times.decoder(type) != null;
    }

    /** The class behind a type. */
    static Class<?> raw(Type type) {
        if (type instanceof Class<?> known) {
            return known;
        }
        if (type instanceof ParameterizedType generic) {
            return (Class<?>) generic.getRawType();
        }
        if (type instanceof GenericArrayType array) {
            return raw(array.getGenericComponentType()).arrayType();
        }
        if (type instanceof WildcardType wildcard) {
            return raw(wildcard.getUpperBounds()[0]);
        }
        return type instanceof TypeVariable<?> variable
                ? raw(variable.getBounds()[0])
                : Object.class;
    }

    /** The constant of an enum, by its exact name. */
    static Object constant(Class<?> type, String name) {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        List<String> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            names.add(((Enum<?>) constant).name());
        }
        throw ValueException.of(
                "the text "
                        + Show.text(name)
                        + " is no constant of "
                        + type.getSimpleName()
                        + ", which has "
                        + names.subList(0, Math.min(names.size(), 20)));
    }

    static Decoder decoder(Type type, Map<TypeVariable<?>, Type> variables) {
        if (type instanceof Class<?> known) {
            return OF.get(known);
        }
        if (type instanceof ParameterizedType generic) {
            return ofGeneric(generic, variables);
        }
        if (type instanceof GenericArrayType array) {
            Decoder element = decoder(array.getGenericComponentType(), variables);
            return Containers.array(
                            raw(resolve(array.getGenericComponentType(), variables)).arrayType(),
                            element)
                    .orNull();
        }
        if (type instanceof WildcardType wildcard) {
            return decoder(wildcard.getUpperBounds()[0], variables);
        }
        Type resolved = resolve(type, variables);
        if (resolved == type) {
            resolved = ((TypeVariable<?>) type).getBounds()[0];
            // A bound may name the variable itself (T extends Comparable<T>), which only its class
            // settles.
            return OF.get(raw(resolved));
        }
        return decoder(resolved, variables);
    }

    private static Type resolve(Type type, Map<TypeVariable<?>, Type> variables) {
        return type instanceof TypeVariable<?> variable
                ? variables.getOrDefault(variable, type)
                : type;
    }

    private static Map<Class<?>, Decoder> scalars() {
        Map<Class<?>, Decoder> out = new HashMap<>();
        both(out, boolean.class, Boolean.class, reader -> reader.bool("a Java boolean"));
        both(
                out,
                byte.class,
                Byte.class,
                reader -> (byte) reader.integer(-128, 127, "a Java byte"));
        both(
                out,
                short.class,
                Short.class,
                reader -> (short) reader.integer(-32768, 32767, "a Java short"));
        both(
                out,
                int.class,
                Integer.class,
                reader -> (int) reader.integer(Integer.MIN_VALUE, Integer.MAX_VALUE, "a Java int"));
        both(out, long.class, Long.class, reader -> reader.integer("a Java long"));
        both(out, float.class, Float.class, Numbers::typedFloat);
        both(
                out,
                double.class,
                Double.class,
                reader -> Numbers.typedDouble(reader, "a Java double"));
        both(out, char.class, Character.class, Numbers::character);
        out.put(String.class, nullable(reader -> reader.text("a Java String")));
        out.put(CharSequence.class, out.get(String.class));
        out.put(BigInteger.class, nullable(reader -> reader.bigInteger("a Java BigInteger")));
        out.put(BigDecimal.class, nullable(Numbers::typedDecimal));
        out.put(Number.class, nullable(Numbers::number));
        out.put(ByteBuffer.class, nullable(NumberArrays::view));
        out.put(UUID.class, nullable(Scalars::uuid));
        out.put(Complex.class, nullable(Scalars::complex));
        out.put(Range.class, nullable(Scalars::range));
        out.put(ServiceRef.class, nullable(References::service));
        out.put(NodeRef.class, nullable(References::node));
        out.put(
                NdArray.class,
                nullable(
                        reader -> {
                            if (!TypedArrays.isNext(reader)) {
                                throw reader.mismatch("an NdArray");
                            }
                            return TypedArrays.read(reader);
                        }));
        out.put(Object.class, Untyped::read);
        optionals(out);
        // A caller that declares no result asks for none to be kept.
        Decoder nothing =
                reader -> {
                    reader.skip();
                    return null;
                };
        out.put(void.class, nothing);
        out.put(Void.class, nothing);
        return out;
    }

    private static void optionals(Map<Class<?>, Decoder> out) {
        Decoder ofInt = out.get(int.class);
        Decoder ofLong = out.get(long.class);
        Decoder ofDouble = out.get(double.class);
        out.put(
                OptionalInt.class,
                reader ->
                        reader.takeNull()
                                ? OptionalInt.empty()
                                : OptionalInt.of((int) ofInt.decode(reader)));
        out.put(
                OptionalLong.class,
                reader ->
                        reader.takeNull()
                                ? OptionalLong.empty()
                                : OptionalLong.of((long) ofLong.decode(reader)));
        out.put(
                OptionalDouble.class,
                reader ->
                        reader.takeNull()
                                ? OptionalDouble.empty()
                                : OptionalDouble.of((double) ofDouble.decode(reader)));
    }

    private static Decoder nullable(Decoder decoder) {
        return decoder.orNull();
    }

    private static void both(
            Map<Class<?>, Decoder> out, Class<?> primitive, Class<?> boxed, Decoder decoder) {
        out.put(primitive, decoder);
        out.put(boxed, decoder.orNull());
    }

    private static Decoder ofClass(Class<?> type) {
        Decoder scalar = SCALARS.get(type);
        if (scalar != null) {
            return scalar;
        }
        if (type == Member.class || type == Node.class) {
            throw ValueException.of(
                    "a " + type.getSimpleName() + " is sent as a reference; declare NodeRef");
        }
        Decoder time = Times.decoder(type);
        if (time != null) {
            return time.orNull();
        }
        Decoder numbers = NumberArrays.decoder(type);
        if (numbers != null) {
            return numbers.orNull();
        }
        if (type.isArray()) {
            return Containers.array(type, OF.get(type.getComponentType())).orNull();
        }
        Decoder extended = Extensions.decoder(type, type);
        if (extended != null) {
            return extended;
        }
        if (type.isEnum()) {
            return ((Decoder)
                            reader ->
                                    constant(
                                            type,
                                            reader.text(
                                                    "the name of a constant of "
                                                            + type.getSimpleName())))
                    .orNull();
        }
        Decoder container = container(type, Object.class, Object.class, NO_VARIABLES);
        if (container != null) {
            return container;
        }
        if (type.isSealed()) {
            return new UnionDecoder(type, NO_VARIABLES).orNull();
        }
        return RECORDS.get(type).orNull();
    }

    private static Decoder ofGeneric(ParameterizedType type, Map<TypeVariable<?>, Type> variables) {
        Class<?> raw = (Class<?>) type.getRawType();
        Type[] arguments = type.getActualTypeArguments();
        Decoder extended = Extensions.decoder(raw, substitute(type, variables));
        if (extended != null) {
            return extended;
        }
        Decoder container =
                container(raw, arguments[0], arguments[arguments.length - 1], variables);
        if (container != null) {
            return container;
        }
        if (raw == Class.class || raw.isEnum()) {
            return OF.get(raw);
        }
        Map<TypeVariable<?>, Type> inner = new HashMap<>();
        TypeVariable<?>[] names = raw.getTypeParameters();
        for (int i = 0; i < names.length; i++) {
            inner.put(names[i], substitute(arguments[i], variables));
        }
        return raw.isSealed()
                ? new UnionDecoder(raw, inner).orNull()
                : new RecordDecoder(raw, inner).orNull();
    }

    /**
     * Replaces the variables of the place where a type stands, so that it can be read elsewhere.
     */
    static Type substitute(Type type, Map<TypeVariable<?>, Type> variables) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = substitute(arguments[i], variables);
            }
            return new Generic((Class<?>) generic.getRawType(), arguments);
        }
        if (type instanceof WildcardType wildcard) {
            return substitute(wildcard.getUpperBounds()[0], variables);
        }
        if (type instanceof GenericArrayType array) {
            Type component = substitute(array.getGenericComponentType(), variables);
            return component instanceof Class<?> known ? known.arrayType() : new ArrayOf(component);
        }
        Type resolved = resolve(type, variables);
        return resolved instanceof TypeVariable<?> ? raw(resolved) : resolved;
    }

    private record ArrayOf(Type component) implements GenericArrayType {
        @Override
        public Type getGenericComponentType() {
            return component;
        }
    }

    private record Generic(Class<?> raw, Type[] arguments) implements ParameterizedType {
        @Override
        public Type[] getActualTypeArguments() {
            return arguments.clone();
        }

        @Override
        public Type getRawType() {
            return raw;
        }

        @Override
        public Type getOwnerType() {
            return raw.getDeclaringClass();
        }
    }

    /** The decoder of an {@code Optional}, list, set or map class; null for any other class. */
    private static Decoder container(
            Class<?> raw, Type first, Type last, Map<TypeVariable<?>, Type> variables) {
        if (raw == Optional.class) {
            if (Optionals.empty(raw(resolve(first, variables))) != null) {
                throw Optionals.nested();
            }
            Decoder value = decoder(first, variables);
            return reader -> Optional.ofNullable(value.decode(reader));
        }
        if (raw == List.class || raw == ArrayList.class) {
            return Containers.list(decoder(first, variables)).orNull();
        }
        if (raw == Collection.class || raw == Iterable.class) {
            Decoder list = Containers.list(decoder(first, variables));
            Decoder set = Containers.set(decoder(first, variables));
            return ((Decoder) reader -> (reader.peekTag() == Tag.SET ? set : list).decode(reader))
                    .orNull();
        }
        if (raw == LinkedList.class) {
            return Containers.into(Containers.list(decoder(first, variables)), LinkedList::new)
                    .orNull();
        }
        if (raw == Queue.class || raw == Deque.class || raw == ArrayDeque.class) {
            return Containers.into(Containers.list(decoder(first, variables)), ArrayDeque::new)
                    .orNull();
        }
        if (raw == Set.class || raw == LinkedHashSet.class || raw == HashSet.class) {
            return Containers.set(key(first, variables)).orNull();
        }
        if (raw == SortedSet.class || raw == NavigableSet.class || raw == TreeSet.class) {
            return Containers.into(Containers.set(key(first, variables)), TreeSet::new).orNull();
        }
        if (raw == EnumSet.class) {
            Class<?> names = constants(raw, first, variables);
            return Containers.into(
                            Containers.set(OF.get(names)), read -> Containers.enumSet(names, read))
                    .orNull();
        }
        return map(raw, first, last, variables);
    }

    /** The enum of an {@code EnumSet} or {@code EnumMap}, which can't be made without it. */
    private static Class<?> constants(
            Class<?> raw, Type first, Map<TypeVariable<?>, Type> variables) {
        Class<?> names = raw(resolve(first, variables));
        if (!names.isEnum()) {
            throw ValueException.of(
                    "an " + raw.getSimpleName() + " can't be declared without its enum");
        }
        return names;
    }

    private static Decoder map(
            Class<?> raw, Type first, Type last, Map<TypeVariable<?>, Type> variables) {
        if (!Map.class.isAssignableFrom(raw)) {
            return null;
        }
        Class<?> names = raw(resolve(first, variables));
        boolean texts = names == String.class || names == Object.class;
        Decoder map = Containers.map(key(first, variables), decoder(last, variables), texts);
        if (raw == Map.class || raw == LinkedHashMap.class || raw == HashMap.class) {
            return map.orNull();
        }
        if (raw == SortedMap.class || raw == NavigableMap.class || raw == TreeMap.class) {
            return Containers.intoMap(map, TreeMap::new).orNull();
        }
        if (raw == EnumMap.class) {
            Class<?> constants = constants(raw, first, variables);
            return Containers.intoMap(map, read -> Containers.enumMap(constants, read)).orNull();
        }
        if (raw == ConcurrentMap.class || raw == ConcurrentHashMap.class) {
            return Containers.intoMap(map, ConcurrentHashMap::new).orNull();
        }
        throw ValueException.of("a " + raw.getName() + " can't be declared; declare a Map");
    }

    /** The decoder of keys and elements, which must compare by their contents. */
    private static Decoder key(Type type, Map<TypeVariable<?>, Type> variables) {
        Class<?> raw = raw(resolve(type, variables));
        if (raw.isArray()) {
            throw ValueException.of(
                    raw.getSimpleName()
                            + " compares by identity and can't be declared as a key or an element"
                            + " of a set; declare "
                            + (raw == byte[].class ? "ByteBuffer" : "List"));
        }
        return raw == Object.class ? Keys::read : decoder(type, variables);
    }
}
