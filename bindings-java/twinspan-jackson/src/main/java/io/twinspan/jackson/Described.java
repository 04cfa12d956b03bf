package io.twinspan.jackson;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

import io.twinspan.internal.codec.Form;
import io.twinspan.internal.codec.ValueException;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.util.NameTransformer;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Says how the values of an annotated class cross, as its annotations have it. */
final class Described {
    /** An unwrapped class in an unwrapped class, and so on. */
    private static final int DEEPEST = 8;

    private final SerializationContext out = Mapper.MAPPER._serializationContext();
    private final AnnotationIntrospector annotations = out.getAnnotationIntrospector();
    private final MapperConfig<?> config = out.getConfig();
    private final UnaryOperator<Object> write;

    /**
     * @param write turns a value into what crosses
     */
    Described(UnaryOperator<Object> write) {
        this.write = write;
    }

    /** Null where it can't be said: whose class the value is, its own text tells. */
    Form of(JavaType type) {
        Class<?> raw = type.getRawClass();
        PropertyTypes.check(raw);
        BeanDescription sent = out.lazyIntrospectBeanDescription(type).get();
        AnnotatedClass annotated = sent.getClassInfo();
        if (annotations.findPolymorphicTypeInfo(config, annotated) != null
                || annotations.findSerializer(config, annotated) != null) {
            return null;
        }
        if (raw.isEnum()) {
            return names(raw);
        }
        AnnotatedMember value = sent.findJsonValueAccessor();
        if (value != null) {
            return new Form.As(Exact.reflected(value.getType()));
        }
        JsonFormat.Value format = annotations.findFormat(config, annotated);
        if (raw.isInterface()
                || type.isContainerType()
                || format != null && format.getShape() == JsonFormat.Shape.ARRAY) {
            return null;
        }
        Map<String, Form.Field> fields = new LinkedHashMap<>();
        add(type, NameTransformer.NOP, initial(type), fields, 0);
        return new Form.Fields(List.copyOf(fields.values()));
    }

    private Form names(Class<?> type) {
        List<String> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            if (!(write.apply(constant) instanceof String name)) {
                return null;
            }
            names.add(name);
        }
        return new Form.Names(names);
    }

    /** What a bean has whose setters nobody called; null where it can't be made so. */
    private Map<?, ?> initial(JavaType type) {
        try {
            Object made = Mapper.MAPPER.readerFor(type).readValue("{}");
            return write.apply(made) instanceof Map<?, ?> fields ? fields : null;
        } catch (JacksonException | ValueException e) {
            return null;
        }
    }

    private void add(
            JavaType type,
            NameTransformer renamed,
            Map<?, ?> initial,
            Map<String, Form.Field> fields,
            int depth) {
        Map<String, BeanPropertyDefinition> sent = new LinkedHashMap<>();
        BeanDescription outwards = out.lazyIntrospectBeanDescription(type).get();
        JsonIgnoreProperties.Value ignored =
                annotations.findPropertyIgnoralByName(config, outwards.getClassInfo());
        put(sent, outwards, ignored.findIgnoredForSerialization());
        Map<String, BeanPropertyDefinition> taken = new LinkedHashMap<>();
        BeanDescription inwards =
                Mapper.MAPPER._deserializationContext().lazyIntrospectBeanDescription(type).get();
        put(taken, inwards, ignored.findIgnoredForDeserialization());
        sent.values().removeIf(property -> !property.couldSerialize());
        taken.values()
                .removeIf(
                        property ->
                                !property.couldDeserialize()
                                        || MissingOnes.ignoresField(
                                                property.getConstructorParameter()));
        Map<String, BeanPropertyDefinition> all = new LinkedHashMap<>(sent);
        taken.forEach(all::putIfAbsent);
        all.forEach(
                (name, property) -> {
                    NameTransformer prefix = unwrapped(property);
                    if (prefix != null && depth < DEEPEST) {
                        NameTransformer both = NameTransformer.chainedTransformer(renamed, prefix);
                        add(property.getPrimaryType(), both, null, fields, depth + 1);
                        return;
                    }
                    String crosses = renamed.transform(name);
                    fields.put(crosses, field(crosses, property, taken.get(name), initial));
                });
    }

    private static void put(
            Map<String, BeanPropertyDefinition> to, BeanDescription from, Set<String> ignored) {
        for (BeanPropertyDefinition property : from.findProperties()) {
            if (!ignored.contains(property.getName())) {
                to.put(property.getName(), property);
            }
        }
    }

    private NameTransformer unwrapped(BeanPropertyDefinition property) {
        for (AnnotatedMember member : PropertyTypes.members(property)) {
            NameTransformer found = annotations.findUnwrappingNameTransformer(config, member);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** {@code taken} is the property as it is read; null where it is sent only. */
    private Form.Field field(
            String name,
            BeanPropertyDefinition property,
            BeanPropertyDefinition taken,
            Map<?, ?> initial) {
        boolean nullable = PropertyTypes.members(property).stream().anyMatch(MissingOnes::nullable);
        boolean made = taken != null && taken.getConstructorParameter() != null;
        boolean empty = MissingOnes.isOptional(property.getRawPrimaryType());
        boolean needed = taken != null && (taken.isRequired() || made && !nullable && !empty);
        Object absent = Form.UNKNOWN;
        if (made && !needed) {
            absent = null;
        } else if (!made && initial != null && initial.containsKey(name)) {
            absent = initial.get(name);
        }
        return new Form.Field(
                name,
                type(property),
                nullable || empty,
                !needed,
                absent,
                property.getInternalName());
    }

    /** Null where only Jackson knows what becomes of the value. */
    private Type type(BeanPropertyDefinition property) {
        for (AnnotatedMember member : PropertyTypes.members(property)) {
            JsonFormat.Value format = annotations.findFormat(config, member);
            if (format != null
                    && (format.hasPattern() || format.getShape() == JsonFormat.Shape.STRING)) {
                return String.class;
            }
            if (format != null && format.hasShape() && format.getShape() != JsonFormat.Shape.ANY
                    || annotations.findSerializer(config, member) != null) {
                return null;
            }
        }
        return Exact.reflected(property.getPrimaryType());
    }
}
