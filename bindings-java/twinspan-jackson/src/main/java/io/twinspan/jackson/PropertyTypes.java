package io.twinspan.jackson;

import io.twinspan.internal.codec.ValueException;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.BeanPropertyDefinition;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Refuses a {@code @JsonTypeInfo} on a property: the values of most properties are Twinspan's,
 * which would leave it out in silence. On a class it is done.
 */
final class PropertyTypes {
    private static final ClassValue<Boolean> CHECKED =
            new ClassValue<>() {
                @Override
                protected Boolean computeValue(Class<?> type) {
                    try {
                        look(type);
                    } catch (JacksonException e) {
                        // A class that Jackson can't take: it says so where one is sent or comes.
                    }
                    return true;
                }
            };

    private PropertyTypes() {}

    static void check(Class<?> type) {
        CHECKED.get(type);
    }

    private static void look(Class<?> type) {
        JavaType java = Mapper.MAPPER.constructType(type);
        SerializationContext out = Mapper.MAPPER._serializationContext();
        AnnotationIntrospector annotations = out.getAnnotationIntrospector();
        List<BeanDescription> both =
                List.of(
                        out.lazyIntrospectBeanDescription(java).get(),
                        Mapper.MAPPER
                                ._deserializationContext()
                                .lazyIntrospectBeanDescription(java)
                                .get());
        for (BeanDescription description : both) {
            for (BeanPropertyDefinition property : description.findProperties()) {
                boolean marked =
                        members(property).stream()
                                .anyMatch(
                                        member ->
                                                annotations.findPolymorphicTypeInfo(
                                                                out.getConfig(), member)
                                                        != null);
                if (marked) {
                    throw refused("the property `" + property.getName() + "` of " + type.getName());
                }
            }
        }
    }

    static ValueException refused(String property) {
        return ValueException.of(
                property
                        + " has a @JsonTypeInfo, which counts on classes only: put it on the class"
                        + " of its values");
    }

    static List<AnnotatedMember> members(BeanPropertyDefinition property) {
        return Arrays.asList(
                        property.getGetter(),
                        property.getField(),
                        property.getSetter(),
                        property.getConstructorParameter())
                .stream()
                .filter(Objects::nonNull)
                .map(AnnotatedMember.class::cast)
                .toList();
    }
}
