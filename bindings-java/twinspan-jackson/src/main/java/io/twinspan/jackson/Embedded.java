package io.twinspan.jackson;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;
import tools.jackson.databind.ser.BeanSerializerFactory;

import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Embeds a value as it is: Twinspan writes it. */
final class Embedded extends ValueSerializer<Object> {
    private final JavaType type;

    Embedded(JavaType type) {
        this.type = type;
    }

    @Override
    public ValueSerializer<?> createContextual(
            SerializationContext context, BeanProperty property) {
        if (Formats.isFormatted(property, context.getConfig(), type.getRawClass())) {
            return Mapper.FORMATS
                    ._serializationContext()
                    .findPrimaryPropertySerializer(type, property);
        }
        if (!Formats.isUnwrapped(property)) {
            return this;
        }
        ValueSerializer<Object> bean =
                BeanSerializerFactory.instance.createSerializer(
                        context, type, context.lazyIntrospectBeanDescription(type), null);
        bean.resolve(context);
        return bean.createContextual(context, property);
    }

    @Override
    public void serialize(Object value, JsonGenerator out, SerializationContext context) {
        out.writeEmbeddedObject(value);
    }

    @Override
    public void serializeWithType(
            Object value,
            JsonGenerator out,
            SerializationContext context,
            TypeSerializer typeSerializer) {
        throw PropertyTypes.refused("a property of type " + type.toCanonical());
    }

    @Override
    public boolean isEmpty(SerializationContext context, Object value) {
        if (value instanceof CharSequence text) {
            return text.length() == 0;
        }
        if (value instanceof Collection<?> collection) {
            return collection.isEmpty();
        }
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty();
        }
        if (value instanceof Optional<?> optional) {
            return optional.isEmpty();
        }
        return value == null || value.getClass().isArray() && Array.getLength(value) == 0;
    }
}
