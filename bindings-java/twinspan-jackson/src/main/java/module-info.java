/** Classes with Jackson annotations as arguments and results. */
module io.twinspan.jackson {
    requires io.twinspan;
    requires tools.jackson.databind;

    provides io.twinspan.internal.codec.Extension with
            io.twinspan.jackson.JacksonClasses;
}
