package io.twinspan.jackson;

import io.twinspan.internal.codec.Extension;
import io.twinspan.internal.codec.Form;
import io.twinspan.internal.codec.ValueException;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.util.TokenBuffer;

import java.lang.reflect.Type;
import java.util.List;

/**
 * Lets classes with Jackson annotations cross as the annotations say. Nothing has to be called: the
 * module is found when it is on the class path or the module path.
 *
 * <p>Jackson takes the annotated classes apart and makes them; every other value in them is
 * Twinspan's own, so that nothing is coerced: no text becomes a number, no float an integer, no
 * null a 0, and an {@code Instant} stays one unless a {@code @JsonFormat} makes it a text. Classes
 * without annotations stay with Twinspan. An object of an annotated class is a map of its
 * properties for other receivers.
 */
public final class JacksonClasses implements Extension {
    /** Made by the codec; there is nothing to do with it. */
    public JacksonClasses() {}

    @Override
    public boolean takes(Class<?> type) {
        return Annotated.is(type);
    }

    @Override
    public Object write(Object value) {
        PropertyTypes.check(value.getClass());
        try (TokenBuffer tokens = TokenBuffer.forGeneration()) {
            Mapper.MAPPER.writeValue(tokens, value);
            try (JsonParser parser =
                    tokens.asParserOnFirstToken(Mapper.MAPPER._deserializationContext())) {
                return Tokens.read(parser);
            }
        } catch (JacksonException e) {
            throw failure(e);
        }
    }

    @Override
    public Object read(Object value, Type type) {
        JavaType target = Mapper.MAPPER.constructType(type);
        PropertyTypes.check(target.getRawClass());
        try (TokenBuffer tokens = Tokens.write(value);
                JsonParser parser = tokens.asParser(Mapper.MAPPER._deserializationContext())) {
            return Mapper.MAPPER.readerFor(target).readValue(parser);
        } catch (JacksonException e) {
            throw failure(e);
        }
    }

    @Override
    public Form form(Type type) {
        try {
            return new Described(this::write).of(Mapper.MAPPER.constructType(type));
        } catch (JacksonException e) {
            return null; // It may still be sent, or read: one of both is enough for many.
        }
    }

    /** The failure with Jackson's path, and behind it that of a value of ours. */
    private static ValueException failure(JacksonException e) {
        ValueException out = null;
        for (Throwable at = e; at != null && out == null; at = at.getCause()) {
            out = at instanceof ValueException own ? own : null;
        }
        if (out == null) {
            out = ValueException.of(firstLine(e.getOriginalMessage()), e);
        }
        List<JacksonException.Reference> path = e.getPath();
        for (int i = path.size() - 1; i >= 0; i--) {
            JacksonException.Reference step = path.get(i);
            out =
                    step.getPropertyName() != null
                            ? out.field(step.getPropertyName())
                            : out.index(step.getIndex());
        }
        return out;
    }

    private static String firstLine(String message) {
        return message == null ? "Jackson refuses it" : message.lines().findFirst().orElse("");
    }
}
