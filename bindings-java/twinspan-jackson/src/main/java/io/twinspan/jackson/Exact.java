package io.twinspan.jackson;

import io.twinspan.internal.codec.Codec;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.BeanDeserializerFactory;
import tools.jackson.databind.jsontype.TypeDeserializer;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;

/** Reads a value of a type that has no annotations: exactly, as Twinspan does everywhere. */
final class Exact extends ValueDeserializer<Object> {
    private final JavaType jacksons;
    private final Type type;
    private final BeanProperty property;

    Exact(JavaType type) {
        this(type, null);
    }

    private Exact(JavaType type, BeanProperty property) {
        this.jacksons = type;
        this.type = reflected(type);
        this.property = property;
    }

    /** The same type as Java's own reflection tells it. */
    static Type reflected(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (type.isArrayType()) {
            Type element = reflected(type.getContentType());
            return element instanceof Class<?> ? raw : new ArrayOf(element);
        }
        List<Type> arguments = new ArrayList<>();
        if (type.isMapLikeType()) {
            arguments.add(reflected(type.getKeyType()));
            arguments.add(reflected(type.getContentType()));
        } else if (type.getContentType() != null) {
            arguments.add(reflected(type.getContentType()));
        } else {
            for (int i = 0; i < type.containedTypeCount(); i++) {
                arguments.add(reflected(type.containedType(i)));
            }
        }
        boolean generic =
                raw.getTypeParameters().length == arguments.size() && !arguments.isEmpty();
        return generic ? new Generic(raw, arguments) : raw;
    }

    private record ArrayOf(Type element) implements java.lang.reflect.GenericArrayType {
        @Override
        public Type getGenericComponentType() {
            return element;
        }
    }

    private record Generic(Class<?> raw, List<Type> arguments) implements ParameterizedType {
        @Override
        public Type[] getActualTypeArguments() {
            return arguments.toArray(new Type[0]);
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

    @Override
    public ValueDeserializer<?> createContextual(DeserializationContext context, BeanProperty at) {
        if (Formats.isFormatted(at, context.getConfig(), jacksons.getRawClass())) {
            return Mapper.FORMATS
                    ._deserializationContext()
                    .findContextualValueDeserializer(jacksons, at);
        }
        if (!Formats.isUnwrapped(at)) {
            return new Exact(jacksons, at);
        }
        ValueDeserializer<?> bean =
                BeanDeserializerFactory.instance.createBeanDeserializer(
                        context, jacksons, context.lazyIntrospectBeanDescription(jacksons));
        bean.resolve(context);
        return bean.createContextual(context, at);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context) {
        return Codec.convert(Tokens.read(parser), type);
    }

    @Override
    public Object deserializeWithType(
            JsonParser parser, DeserializationContext context, TypeDeserializer typeDeserializer) {
        throw PropertyTypes.refused("a property of type " + jacksons.toCanonical());
    }

    @Override
    public Object getNullValue(DeserializationContext context) {
        return Codec.convert(null, type);
    }

    @Override
    public Object getAbsentValue(DeserializationContext context) {
        return MissingOnes.absent(context, property, jacksons, type);
    }
}
