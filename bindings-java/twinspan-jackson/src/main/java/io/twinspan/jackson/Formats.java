package io.twinspan.jackson;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.cfg.MapperConfig;

/** Whether an annotation on a property wants its value in a form that only Jackson knows. */
final class Formats {
    private Formats() {}

    /** A pattern or a shape: the whole value is Jackson's. */
    static boolean isFormatted(BeanProperty property, MapperConfig<?> config, Class<?> type) {
        JsonFormat.Value format =
                property == null ? null : property.findPropertyFormat(config, type);
        return format != null
                && (format.hasPattern()
                        || format.hasShape() && format.getShape() != JsonFormat.Shape.ANY);
    }

    /** The object's properties stand among those of the one around it. */
    static boolean isUnwrapped(BeanProperty property) {
        return property != null && property.getAnnotation(JsonUnwrapped.class) != null;
    }
}
