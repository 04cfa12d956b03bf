package io.twinspan.jackson;

import io.twinspan.internal.codec.Codec;

import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.std.DelegatingDeserializer;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Type;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Names the parameters of a constructor that nothing came for, instead of giving them null or 0. */
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
        return context.reportInputMismatch(
                property, "the field %s is missing and has no default", property.getName());
    }

    private static boolean nullable(BeanProperty property) {
        AnnotatedElement element =
                property.getMember() == null ? null : property.getMember().getAnnotated();
        if (element instanceof java.lang.reflect.Executable) {
            // The parameter of a constructor is told as the constructor itself.
            return property.getMember()
                    .annotations()
                    .anyMatch(annotation -> isNullable(annotation));
        }
        return element != null
                && java.util.Arrays.stream(element.getAnnotations())
                        .anyMatch(annotation -> isNullable(annotation));
    }

    private static boolean isNullable(Annotation annotation) {
        return annotation.annotationType().getSimpleName().equals("Nullable");
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
            return new Present(
                    context.handleSecondaryContextualization(_delegatee, at, type), at);
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return absent(context, property, context.constructType(handledType()), null);
        }
    }
}
