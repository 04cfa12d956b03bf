package io.twinspan.jackson;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;

import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.ValueException;

import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.std.DelegatingDeserializer;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;

import java.lang.annotation.Annotation;
import java.lang.reflect.Array;
import java.lang.reflect.Executable;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Names the parameters of a constructor that nothing came for, instead of giving them null or 0.
 */
final class MissingOnes extends ValueDeserializerModifier {
    private static final long serialVersionUID = 1L;

    private static final Set<Class<?>> OPTIONAL =
            Set.of(Optional.class, OptionalInt.class, OptionalLong.class, OptionalDouble.class);

    /** What stands for a missing value; {@code type} is null for an annotated class. */
    static Object absent(
            DeserializationContext context, BeanProperty property, JavaType target, Type type) {
        if (OPTIONAL.contains(target.getRawClass())) {
            return Codec.convert(null, type);
        }
        if (property == null || nullable(property)) {
            return null;
        }
        if (isIgnored(context, property)) {
            // As a constructor that is called without it would have it.
            return target.isPrimitive()
                    ? Array.get(Array.newInstance(target.getRawClass(), 1), 0)
                    : null;
        }
        throw ValueException.of(
                "the field " + property.getName() + " is missing and has no default");
    }

    /** Whether it is never read, whatever a peer sends. */
    private static boolean isIgnored(DeserializationContext context, BeanProperty property) {
        JsonProperty named = property.getAnnotation(JsonProperty.class);
        if (named != null && named.access() == JsonProperty.Access.READ_ONLY
                || ignoresField(property.getMember())) {
            return true;
        }
        if (property.getMember() == null) {
            return false;
        }
        AnnotatedClass declaring =
                context.introspectClassAnnotations(property.getMember().getDeclaringClass());
        return context.getAnnotationIntrospector()
                .findPropertyIgnoralByName(context.getConfig(), declaring)
                .getIgnored()
                .contains(property.getName());
    }

    /** The annotation can't stand on a parameter, only on the field that it is for. */
    static boolean ignoresField(AnnotatedMember member) {
        if (!(member instanceof AnnotatedParameter parameter)
                || !(parameter.getOwner().getAnnotated() instanceof Executable maker)) {
            return false;
        }
        String name = maker.getParameters()[parameter.getIndex()].getName();
        return Arrays.stream(maker.getDeclaringClass().getDeclaredFields())
                .filter(field -> field.getName().equals(name))
                .map(field -> field.getAnnotation(JsonIgnore.class))
                .anyMatch(ignored -> ignored != null && ignored.value());
    }

    private static boolean nullable(BeanProperty property) {
        return property.getMember() != null && nullable(property.getMember());
    }

    /** Whether it is marked as one whose value may be null. */
    static boolean nullable(AnnotatedMember member) {
        Stream<Annotation> annotations;
        if (member instanceof AnnotatedParameter parameter
                && parameter.getOwner().getAnnotated() instanceof Executable maker) {
            int at = parameter.getIndex();
            annotations =
                    Stream.concat(
                            Arrays.stream(maker.getParameters()[at].getAnnotations()),
                            Arrays.stream(maker.getAnnotatedParameterTypes()[at].getAnnotations()));
        } else if (member.getAnnotated() != null) {
            annotations = Arrays.stream(member.getAnnotated().getAnnotations());
        } else {
            return false;
        }
        return annotations.anyMatch(
                annotation -> annotation.annotationType().getSimpleName().equals("Nullable"));
    }

    /** Whether nothing is a value of the class. */
    static boolean isOptional(Class<?> type) {
        return OPTIONAL.contains(type);
    }

    @Override
    public ValueDeserializer<?> modifyDeserializer(
            DeserializationConfig config,
            BeanDescription.Supplier description,
            ValueDeserializer<?> deserializer) {
        return deserializer instanceof Exact ? deserializer : new Present(deserializer, null);
    }

    /** The deserializer of an annotated class, which isn't null when it is missing. */
    private static final class Present extends DelegatingDeserializer {
        private final BeanProperty property;

        Present(ValueDeserializer<?> deserializer, BeanProperty property) {
            super(deserializer);
            this.property = property;
        }

        @Override
        protected ValueDeserializer<?> newDelegatingInstance(ValueDeserializer<?> other) {
            return new Present(other, property);
        }

        @Override
        public ValueDeserializer<?> createContextual(
                DeserializationContext context, BeanProperty at) {
            JavaType type = context.constructType(handledType());
            return new Present(context.handleSecondaryContextualization(_delegatee, at, type), at);
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return absent(context, property, context.constructType(handledType()), null);
        }
    }
}
