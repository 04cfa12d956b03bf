package io.twinspan.jackson;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.cfg.MapperConfig;

/** Whether an annotation on a property wants its value in a form that only Jackson knows. */
final class Formats {
    private Formats() {}

    static boolean isJacksons(BeanProperty property, MapperConfig<?> config, Class<?> type) {
        if (property == null) {
            return false;
        }
        JsonFormat.Value format = property.findPropertyFormat(config, type);
        return property.getAnnotation(JsonUnwrapped.class) != null
                || format != null
                        && (format.hasPattern()
                                || format.hasShape() && format.getShape() != JsonFormat.Shape.ANY);
    }
}
