package io.twinspan.jackson;

import tools.jackson.core.Version;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;

/** The one mapper: Jackson for annotated classes, without any coercion of its own. */
final class Mapper {
    static final JsonMapper MAPPER = strict().addModule(new Own()).build();

    /** The same with Jackson's own forms of dates and the like, for what has a format. */
    static final JsonMapper FORMATS = strict().build();

    private Mapper() {}

    private static JsonMapper.Builder strict() {
        // A peer that names a class must not make anything but what was written for it.
        PolymorphicTypeValidator validator =
                BasicPolymorphicTypeValidator.builder()
                        .denyForExactBaseType(Object.class)
                        .allowIfSubType(
                                new BasicPolymorphicTypeValidator.TypeMatcher() {
                                    @Override
                                    public boolean match(
                                            tools.jackson.databind.DatabindContext context,
                                            Class<?> type) {
                                        return Annotated.is(type);
                                    }
                                })
                        .build();
        return JsonMapper.builder()
                .polymorphicTypeValidator(validator)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .withCoercionConfigDefaults(
                        config -> {
                            for (CoercionInputShape shape : CoercionInputShape.values()) {
                                config.setCoercion(shape, CoercionAction.Fail);
                            }
                        });
    }

    /** Hands all that isn't annotated back to Twinspan. */
    private static final class Own extends JacksonModule {
        @Override
        public String getModuleName() {
            return "twinspan";
        }

        @Override
        public Version version() {
            return Version.unknownVersion();
        }

        @Override
        public void setupModule(SetupContext context) {
            context.addSerializers(new OwnSerializers());
            context.addDeserializers(new OwnDeserializers());
            context.addDeserializerModifier(new MissingOnes());
        }
    }
}
