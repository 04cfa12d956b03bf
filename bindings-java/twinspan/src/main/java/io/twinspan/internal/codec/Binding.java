package io.twinspan.internal.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A record or plain class, taken apart and made by method handles that were looked up once. Records
 * are made by their constructor; plain classes by a constructor without parameters and their
 * fields; by the one constructor whose parameters have the names of the fields when there is none,
 * or a field is final.
 */
final class Binding {
    private static final ClassValue<Binding> OF =
            new ClassValue<>() {
                @Override
                protected Binding computeValue(Class<?> type) {
                    return make(type);
                }
            };

    private static final MethodType GETTER = MethodType.methodType(Object.class, Object.class);
    private static final MethodType SETTER =
            MethodType.methodType(void.class, Object.class, Object.class);

    final Class<?> type;
    final Shape shape;
    final Fields fields;
    private final List<Property> properties;
    private final MethodHandle[] getters;

    /**
     * {@code (Object[]) -> Object}, or {@code () -> Object} when there are setters; null when none
     * can be made.
     */
    private final MethodHandle maker;

    private final MethodHandle[] setters;

    private Binding(
            Class<?> type,
            List<Property> properties,
            MethodHandle[] getters,
            MethodHandle maker,
            MethodHandle[] setters) {
        this.type = type;
        this.properties = properties;
        this.getters = getters;
        this.maker = maker;
        this.setters = setters;
        this.shape = new Shape(properties.stream().map(Property::name).toArray(String[]::new));
        this.fields = new Fields(properties);
    }

    static Binding of(Class<?> type) {
        return OF.get(type);
    }

    /** Null for classes whose values don't cross as records. */
    static Binding orNull(Class<?> type) {
        // Classes of the JDK and plain interfaces are asked for often, and refused by exceptions.
        if (type.getClassLoader() == null || type.isInterface() || type.isPrimitive()) {
            return null;
        }
        try {
            return of(type);
        } catch (ValueException e) {
            return null;
        }
    }

    /** Whether objects can be made of what arrives, and not only be sent. */
    boolean canBeMade() {
        return maker != null;
    }

    /**
     * How far the fields of a peer's record are from these: how many only one side has. -1 when one
     * is missing that must be there.
     */
    int distance(String[] names) {
        boolean[] given = new boolean[size()];
        int distance = 0;
        for (String name : names) {
            int at = fields.find(name);
            if (at < 0 || given[at]) {
                distance++;
            } else {
                given[at] = true;
            }
        }
        for (int i = 0; i < given.length; i++) {
            if (!given[i]) {
                // What a constructor without parameters may have set is looked at when it is made.
                if (setters == null && properties.get(i).required()) {
                    return -1;
                }
                distance++;
            }
        }
        return distance;
    }

    int size() {
        return getters.length;
    }

    Property property(int at) {
        return properties.get(at);
    }

    List<Property> properties() {
        return properties;
    }

    Object get(Object value, int at) {
        try {
            return (Object) getters[at].invokeExact(value);
        } catch (Throwable e) {
            throw thrown("reading " + properties.get(at).name() + " of " + type.getName(), e);
        }
    }

    /**
     * Makes an object of all values in the order of the properties. One that is {@link
     * Property#REQUIRED} is missing.
     */
    Object make(Object[] values) {
        if (maker == null) {
            throw ValueException.of(
                    type.getName()
                            + " can't be made: it needs a constructor without parameters, or one"
                            + " whose parameters have the names of its fields (compile with"
                            + " -parameters)");
        }
        if (setters == null) {
            for (int i = 0; i < values.length; i++) {
                if (values[i] == Property.REQUIRED) {
                    throw missing(i);
                }
            }
            try {
                return (Object) maker.invokeExact(values);
            } catch (Throwable e) {
                throw thrown("making " + Show.a(type.getName()), e);
            }
        }
        return fill(values);
    }

    private Object fill(Object[] values) {
        Object made;
        try {
            made = (Object) maker.invokeExact();
        } catch (Throwable e) {
            throw thrown("making " + Show.a(type.getName()), e);
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] == Property.REQUIRED) {
                // The constructor's own initial value is the default, when it set one.
                if (isZero(get(made, i))) {
                    throw missing(i);
                }
                continue;
            }
            try {
                setters[i].invokeExact(made, values[i]);
            } catch (Throwable e) {
                throw thrown("setting " + properties.get(i).name() + " of " + type.getName(), e);
            }
        }
        return made;
    }

    /**
     * What the constructor without parameters leaves in each property, and {@link
     * Property#REQUIRED} where it sets nothing that stands for a missing one.
     */
    Object[] initial() {
        Object[] values = new Object[properties.size()];
        Arrays.fill(values, Property.REQUIRED);
        if (setters == null) {
            return values;
        }
        try {
            Object made = (Object) maker.invokeExact();
            for (int i = 0; i < values.length; i++) {
                Object value = get(made, i);
                values[i] = isZero(value) ? Property.REQUIRED : value;
            }
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            // A class that can't be made now: nothing is known of its defaults.
        }
        return values;
    }

    private static boolean isZero(Object value) {
        return value == null
                || value instanceof Number number && number.doubleValue() == 0
                || value.equals(false)
                || value.equals('\0');
    }

    private ValueException missing(int at) {
        return ValueException.of(
                "the field "
                        + properties.get(at).name()
                        + " of "
                        + type.getSimpleName()
                        + " is missing and has no default");
    }

    /**
     * What a class's own code throws is a wrong value; what the machine throws is not ours to hide.
     */
    private static ValueException thrown(String doing, Throwable e) {
        if (e instanceof VirtualMachineError error) {
            throw error;
        }
        return e instanceof ValueException value
                ? value
                : ValueException.of(doing + " failed: " + e, e);
    }

    private static Binding make(Class<?> type) {
        refuseForeign(type);
        try {
            MethodHandles.Lookup lookup = lookup(type);
            return type.isRecord() ? ofRecord(type, lookup) : ofClass(type, lookup);
        } catch (IllegalAccessException e) {
            throw ValueException.of(
                    "Twinspan may not look into "
                            + type.getName()
                            + "; its module must say: opens "
                            + type.getPackageName()
                            + " to io.twinspan;",
                    e);
        }
    }

    private static MethodHandles.Lookup lookup(Class<?> type) throws IllegalAccessException {
        Module ours = Binding.class.getModule();
        if (ours.isNamed()) {
            ours.addReads(type.getModule());
        }
        return MethodHandles.privateLookupIn(type, MethodHandles.lookup());
    }

    private static void refuseForeign(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        boolean ofTheJdk = loader == null || loader == ClassLoader.getPlatformClassLoader();
        if (ofTheJdk
                || type.isInterface()
                || type.isPrimitive()
                || Throwable.class.isAssignableFrom(type)
                || type.isHidden()
                || type.isAnonymousClass()) {
            throw ValueException.of(Show.a(type.getName()) + " can't cross");
        }
    }

    private static Binding ofRecord(Class<?> type, MethodHandles.Lookup lookup)
            throws IllegalAccessException {
        RecordComponent[] components = type.getRecordComponents();
        List<Property> properties = new ArrayList<>();
        MethodHandle[] getters = new MethodHandle[components.length];
        Class<?>[] parameters = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            RecordComponent component = components[i];
            properties.add(
                    Property.of(
                            component.getName(),
                            component.getGenericType(),
                            component.getAnnotatedType(),
                            component,
                            component.getAccessor(),
                            field(type, component.getName())));
            getters[i] = lookup.unreflect(component.getAccessor()).asType(GETTER);
            parameters[i] = component.getType();
        }
        MethodHandle constructor;
        try {
            constructor =
                    lookup.findConstructor(type, MethodType.methodType(void.class, parameters));
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("a record without its constructor: " + type, e);
        }
        return new Binding(type, properties, getters, spread(constructor), null);
    }

    private static Field field(Class<?> type, String name) {
        try {
            return type.getDeclaredField(name);
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(
                    "a record without the field of a component: " + type, e);
        }
    }

    private static MethodHandle spread(MethodHandle constructor) {
        int count = constructor.type().parameterCount();
        return constructor
                .asFixedArity()
                .asSpreader(Object[].class, count)
                .asType(MethodType.methodType(Object.class, Object[].class));
    }

    private static Binding ofClass(Class<?> type, MethodHandles.Lookup lookup)
            throws IllegalAccessException {
        List<Field> found = fieldsOf(type);
        List<Property> properties = new ArrayList<>();
        MethodHandle[] getters = new MethodHandle[found.size()];
        for (int i = 0; i < getters.length; i++) {
            Field field = found.get(i);
            properties.add(
                    Property.of(
                            field.getName(),
                            field.getGenericType(),
                            field.getAnnotatedType(),
                            field));
            getters[i] = lookup(field.getDeclaringClass()).unreflectGetter(field).asType(GETTER);
        }
        if (Modifier.isAbstract(type.getModifiers())) {
            return new Binding(type, properties, getters, null, null);
        }
        boolean settable =
                found.stream().noneMatch(field -> Modifier.isFinal(field.getModifiers()));
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (settable && constructor.getParameterCount() == 0) {
                MethodHandle[] setters = new MethodHandle[getters.length];
                for (int i = 0; i < setters.length; i++) {
                    Field field = found.get(i);
                    setters[i] =
                            lookup(field.getDeclaringClass()).unreflectSetter(field).asType(SETTER);
                }
                MethodHandle maker =
                        lookup.unreflectConstructor(constructor)
                                .asType(MethodType.methodType(Object.class));
                return new Binding(type, properties, getters, maker, setters);
            }
        }
        return byConstructor(type, lookup, properties, getters);
    }

    /** By the one constructor whose parameters have the names of the fields. */
    private static Binding byConstructor(
            Class<?> type,
            MethodHandles.Lookup lookup,
            List<Property> properties,
            MethodHandle[] getters)
            throws IllegalAccessException {
        Constructor<?> only = null;
        int[] order = null;
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            int[] places = places(constructor, properties);
            if (places != null && only != null) {
                return new Binding(type, properties, getters, null, null);
            }
            only = places != null ? constructor : only;
            order = places != null ? places : order;
        }
        if (only == null) {
            return new Binding(type, properties, getters, null, null);
        }
        List<Property> ordered = new ArrayList<>();
        MethodHandle[] sorted = new MethodHandle[order.length];
        for (int i = 0; i < order.length; i++) {
            ordered.add(properties.get(order[i]));
            sorted[i] = getters[order[i]];
        }
        return new Binding(type, ordered, sorted, spread(lookup.unreflectConstructor(only)), null);
    }

    /** For each parameter the place of its field; null when they don't match one to one. */
    private static int[] places(Constructor<?> constructor, List<Property> properties) {
        List<String> names = properties.stream().map(Property::name).toList();
        if (constructor.getParameterCount() != names.size()) {
            return null;
        }
        int[] order =
                Arrays.stream(constructor.getParameters())
                        .mapToInt(
                                parameter ->
                                        parameter.isNamePresent()
                                                ? names.indexOf(parameter.getName())
                                                : -1)
                        .toArray();
        Set<Integer> places = new HashSet<>();
        return Arrays.stream(order).allMatch(at -> at >= 0 && places.add(at)) ? order : null;
    }

    /** The fields of the class, those of its superclasses first. */
    private static List<Field> fieldsOf(Class<?> type) {
        List<Class<?>> lineage = new ArrayList<>();
        for (Class<?> at = type; at != Object.class; at = at.getSuperclass()) {
            refuseForeign(at);
            lineage.add(at);
        }
        Collections.reverse(lineage);
        List<Field> found = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Class<?> at : lineage) {
            for (Field field : at.getDeclaredFields()) {
                if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) != 0) {
                    continue;
                }
                if (field.isSynthetic()) {
                    throw ValueException.of(
                            Show.a(type.getName())
                                    + " can't cross: it belongs to another object; make it static");
                }
                if (!names.add(field.getName())) {
                    throw ValueException.of(
                            Show.a(type.getName())
                                    + " can't cross: it has two fields "
                                    + field.getName());
                }
                found.add(field);
            }
        }
        return found;
    }
}
