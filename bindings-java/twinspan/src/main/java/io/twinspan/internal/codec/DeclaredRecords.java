package io.twinspan.internal.codec;

import io.twinspan.WireType;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The registered classes that one declaration names: a contract, a service, an explicit class. They
 * are found in its types, in the fields of their records and among the members of sealed ones.
 */
public final class DeclaredRecords {
    private final Map<String, Class<?>> byName = new LinkedHashMap<>();
    private final Set<Type> seen = new HashSet<>();

    private DeclaredRecords() {}

    /**
     * Collects them.
     *
     * @param types of parameters and results; what can't cross has none
     * @return by their names
     * @throws ValueException when two classes have one name, or an extension refuses a class
     */
    public static DeclaredRecords of(Collection<? extends Type> types) {
        DeclaredRecords found = new DeclaredRecords();
        types.forEach(found::walk);
        return found;
    }

    /**
     * Answers the classes.
     *
     * @return by their names
     */
    public Map<String, Class<?>> byName() {
        return Collections.unmodifiableMap(byName);
    }

    /**
     * Looks here first and elsewhere then.
     *
     * @param wider knows more
     * @return knows both
     */
    public RecordNames within(RecordNames wider) {
        return byName.isEmpty()
                ? wider
                : name -> {
                    Class<?> own = byName.get(name);
                    return own != null ? own : wider.find(name);
                };
    }

    private void walk(Type type) {
        if (!seen.add(type)) {
            return;
        }
        if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                walk(argument);
            }
            parts((Class<?>) generic.getRawType(), type);
        } else if (type instanceof GenericArrayType array) {
            walk(array.getGenericComponentType());
        } else if (type instanceof WildcardType wildcard) {
            walk(wildcard.getUpperBounds()[0]);
        } else if (type instanceof Class<?> known) {
            parts(known, known);
        }
        // What a type variable stands for is among the arguments of the type that was declared.
    }

    private void parts(Class<?> type, Type whole) {
        if (type.isArray()) {
            walk(type.getComponentType());
            return;
        }
        Extension extension = Extensions.of(type);
        if (extension != null) {
            form(extension.form(Types.substitute(whole, Map.of())));
            return;
        }
        if (type.isSealed() && !type.isEnum()) {
            for (Class<?> member : type.getPermittedSubclasses()) {
                walk(member);
            }
        }
        Binding binding = type.isEnum() ? null : Binding.orNull(type);
        if (binding == null) {
            return;
        }
        WireType name = type.getAnnotation(WireType.class);
        // What can only be sent stays a map for those who declare nothing.
        if (name != null && binding.canBeMade()) {
            Class<?> other = byName.putIfAbsent(name.value(), type);
            if (other != null && other != type) {
                throw twice(name.value(), other, type);
            }
        }
        binding.properties().forEach(property -> walk(property.type()));
    }

    private void form(Form form) {
        if (form instanceof Form.As other) {
            walk(other.type());
        } else if (form instanceof Form.Fields fields) {
            for (Form.Field field : fields.fields()) {
                if (field.type() != null) {
                    walk(field.type());
                }
            }
        }
    }

    static ValueException twice(String name, Class<?> one, Class<?> other) {
        return ValueException.of(
                one.getName()
                        + " and "
                        + other.getName()
                        + " are both registered as "
                        + Show.name(name));
    }
}
