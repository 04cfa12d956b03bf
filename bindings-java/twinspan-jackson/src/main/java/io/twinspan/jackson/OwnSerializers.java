package io.twinspan.jackson;

import com.fasterxml.jackson.annotation.JsonFormat;

import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;
import tools.jackson.databind.ser.Serializers;
import tools.jackson.databind.type.ArrayType;
import tools.jackson.databind.type.CollectionLikeType;
import tools.jackson.databind.type.CollectionType;
import tools.jackson.databind.type.MapLikeType;
import tools.jackson.databind.type.MapType;
import tools.jackson.databind.type.ReferenceType;

/** Everything but annotated classes is embedded as it is. */
final class OwnSerializers extends Serializers.Base {
    private static ValueSerializer<?> of(JavaType type) {
        boolean jacksons =
                Annotated.is(type.getRawClass())
                        || type.getRawClass().getName().startsWith("tools.jackson.");
        return jacksons ? null : new Embedded(type);
    }

    @Override
    public ValueSerializer<?> findSerializer(
            SerializationConfig config,
            JavaType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findEnumSerializer(
            SerializationConfig config,
            JavaType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findReferenceSerializer(
            SerializationConfig config,
            ReferenceType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format,
            TypeSerializer contentType,
            ValueSerializer<Object> content) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findArraySerializer(
            SerializationConfig config,
            ArrayType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format,
            TypeSerializer elementType,
            ValueSerializer<Object> element) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findCollectionSerializer(
            SerializationConfig config,
            CollectionType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format,
            TypeSerializer elementType,
            ValueSerializer<Object> element) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findCollectionLikeSerializer(
            SerializationConfig config,
            CollectionLikeType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format,
            TypeSerializer elementType,
            ValueSerializer<Object> element) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findMapSerializer(
            SerializationConfig config,
            MapType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format,
            ValueSerializer<Object> key,
            TypeSerializer valueType,
            ValueSerializer<Object> value) {
        return of(type);
    }

    @Override
    public ValueSerializer<?> findMapLikeSerializer(
            SerializationConfig config,
            MapLikeType type,
            BeanDescription.Supplier description,
            JsonFormat.Value format,
            ValueSerializer<Object> key,
            TypeSerializer valueType,
            ValueSerializer<Object> value) {
        return of(type);
    }
}
