package io.twinspan.internal.codec;

import io.twinspan.WireType;

import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Reads records, registered records and maps with text keys into a record or plain class. */
final class RecordDecoder implements Decoder {
    private final Binding binding;
    private final String registered;
    private final String target;

    /** What the type variables of the class stand for here. */
    private final Map<TypeVariable<?>, Type> variables;

    /**
     * Made on first use, because a class may contain itself. Benign race: all candidates do the
     * same.
     */
    private volatile Decoder[] decoders;

    RecordDecoder(Class<?> type, Map<TypeVariable<?>, Type> variables) {
        this.binding = Binding.of(type);
        this.variables = Supertypes.bound(type, variables);
        WireType name = type.getAnnotation(WireType.class);
        this.registered = name == null ? null : name.value();
        this.target = Show.a(type.getSimpleName());
    }

    private Decoder[] decoders() {
        Decoder[] known = decoders;
        if (known == null) {
            known = new Decoder[binding.size()];
            for (int i = 0; i < known.length; i++) {
                try {
                    known[i] = Types.decoder(binding.property(i).type(), variables);
                } catch (ValueException e) {
                    throw e.field(binding.property(i).name());
                }
            }
            decoders = known;
        }
        return known;
    }

    @Override
    public Object decode(Reader reader) {
        switch ((int) Math.min(reader.peekTag(), Integer.MAX_VALUE)) {
            case Tag.RECORD -> {
                return record(reader);
            }
            case Tag.NAMED -> {
                String name = Untyped.name(reader);
                if (registered != null && !registered.equals(name)) {
                    throw ValueException.of(
                            "a record registered as "
                                    + Show.name(name)
                                    + " is not "
                                    + target
                                    + ", which is "
                                    + Show.name(registered));
                }
                return record(reader);
            }
            case -1 -> {
                if (reader.major() == Writer.MAP) {
                    return map(reader);
                }
                throw reader.mismatch(target);
            }
            default -> throw reader.mismatch(target);
        }
    }

    /** The reader stands at a record. */
    Object record(Reader reader) {
        Decoder[] known = decoders();
        WireShape shape = Untyped.shape(reader);
        Fields.Plan plan = binding.fields.plan(shape);
        Object[] values = new Object[known.length];
        int[] places = plan.places;
        int i = 0;
        try {
            for (; i < places.length; i++) {
                int at = places[i];
                if (at >= 0) {
                    values[at] = known[at].decode(reader);
                } else {
                    reader.skip();
                }
            }
        } catch (ValueException e) {
            throw e.field(shape.names[i]);
        }
        for (int at : plan.missing) {
            values[at] = binding.property(at).absent();
        }
        reader.leave(2);
        return binding.make(values);
    }

    private Object map(Reader reader) {
        Decoder[] known = decoders();
        int count = reader.mapLength(target);
        reader.enter(1);
        Object[] values = new Object[known.length];
        Arrays.fill(values, null);
        // 0: not given, 1: by its alias, 2: by its own name.
        byte[] given = new byte[known.length];
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < count; i++) {
            String name = reader.text("the name of a field of " + target);
            if (!seen.add(name)) {
                throw ValueException.of("the key " + Show.name(name) + " stands twice in the map");
            }
            int at = binding.fields.find(name);
            byte how = (byte) (binding.fields.isExact(name) ? 2 : 1);
            try {
                if (at >= 0 && how > given[at]) {
                    values[at] = known[at].decode(reader);
                    given[at] = how;
                } else {
                    reader.skip();
                }
            } catch (ValueException e) {
                throw e.field(name);
            }
        }
        for (int at = 0; at < values.length; at++) {
            if (given[at] == 0) {
                values[at] = binding.property(at).absent();
            }
        }
        reader.leave(1);
        return binding.make(values);
    }
}
