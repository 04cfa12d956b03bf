package io.twinspan.jackson;

import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.Deserializers;
import tools.jackson.databind.jsontype.TypeDeserializer;
import tools.jackson.databind.type.ArrayType;
import tools.jackson.databind.type.CollectionLikeType;
import tools.jackson.databind.type.CollectionType;
import tools.jackson.databind.type.MapLikeType;
import tools.jackson.databind.type.MapType;
import tools.jackson.databind.type.ReferenceType;

/** Everything but annotated classes is read by Twinspan. */
final class OwnDeserializers extends Deserializers.Base {
    private static ValueDeserializer<?> of(JavaType type) {
        return hasOwn(type.getRawClass()) ? new Exact(type) : null;
    }

    private static boolean hasOwn(Class<?> type) {
        return !Annotated.is(type) && !type.getName().startsWith("tools.jackson.");
    }

    @Override
    public boolean hasDeserializerFor(DeserializationConfig config, Class<?> type) {
        return hasOwn(type);
    }

    @Override
    public ValueDeserializer<?> findBeanDeserializer(
            JavaType type, DeserializationConfig config, BeanDescription.Supplier description) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findEnumDeserializer(
            JavaType type, DeserializationConfig config, BeanDescription.Supplier description) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findReferenceDeserializer(
            ReferenceType type,
            DeserializationConfig config,
            BeanDescription.Supplier description,
            TypeDeserializer contentType,
            ValueDeserializer<?> content) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findArrayDeserializer(
            ArrayType type,
            DeserializationConfig config,
            BeanDescription.Supplier description,
            TypeDeserializer elementType,
            ValueDeserializer<?> element) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findCollectionDeserializer(
            CollectionType type,
            DeserializationConfig config,
            BeanDescription.Supplier description,
            TypeDeserializer elementType,
            ValueDeserializer<?> element) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findCollectionLikeDeserializer(
            CollectionLikeType type,
            DeserializationConfig config,
            BeanDescription.Supplier description,
            TypeDeserializer elementType,
            ValueDeserializer<?> element) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findMapDeserializer(
            MapType type,
            DeserializationConfig config,
            BeanDescription.Supplier description,
            KeyDeserializer key,
            TypeDeserializer valueType,
            ValueDeserializer<?> value) {
        return of(type);
    }

    @Override
    public ValueDeserializer<?> findMapLikeDeserializer(
            MapLikeType type,
            DeserializationConfig config,
            BeanDescription.Supplier description,
            KeyDeserializer key,
            TypeDeserializer valueType,
            ValueDeserializer<?> value) {
        return of(type);
    }
}
