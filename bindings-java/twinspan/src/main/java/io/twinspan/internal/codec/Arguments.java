package io.twinspan.internal.codec;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of one call, found but not yet decoded, so that an overload can be chosen first.
 * Not thread-safe.
 */
public final class Arguments {
    private final Reader reader;
    private final int[] positional;
    private final String[] names;
    private final int[] named;
    private final Body body;

    private Arguments(Reader reader, Body body, int[] positional, String[] names, int[] named) {
        this.reader = reader;
        this.body = body;
        this.positional = positional;
        this.names = names;
        this.named = named;
    }

    static Arguments parse(Body body) {
        Reader reader = new Reader(body);
        try {
            reader.begin();
            Scalars.parts(reader, 2);
            reader.enter(2);
            int[] positional = new int[reader.arrayLength("a list of positional arguments")];
            for (int i = 0; i < positional.length; i++) {
                positional[i] = reader.position();
                reader.skip();
            }
            int[] named = new int[reader.mapLength("a map of named arguments")];
            String[] names = new String[named.length];
            for (int i = 0; i < named.length; i++) {
                names[i] = reader.text("the name of an argument");
                named[i] = reader.position();
                reader.skip();
            }
            reader.finish();
            return new Arguments(reader, body, positional, names, named);
        } catch (ValueException e) {
            throw e.field("arguments");
        }
    }

    /**
     * How many arguments were given by place.
     *
     * @return 0 or more
     */
    public int positional() {
        return positional.length;
    }

    /**
     * The names of the others, as the caller spells them.
     *
     * @return in the order of the call
     */
    public List<String> names() {
        return List.of(names);
    }

    /**
     * Decodes one of the arguments that were given by place.
     *
     * @param at its place
     * @param type what it shall be
     * @return the value
     * @throws ValueException when it isn't one
     */
    public Object positional(int at, Type type) {
        return decode(positional[at], Types.decoder(type));
    }

    /**
     * Decodes one of the arguments that were given by name.
     *
     * @param at its place in {@link #names()}
     * @param type what it shall be
     * @return the value
     * @throws ValueException when it isn't one
     */
    public Object named(int at, Type type) {
        return decode(named[at], Types.decoder(type));
    }

    private Object decode(int position, Decoder decoder) {
        reader.seek(position, 2);
        return decoder.decode(reader);
    }

    /**
     * Chooses the method that a call is meant for: by arity and names, then by exact types, then by
     * lossless widening.
     *
     * @param candidates the methods of one name
     * @return the index of the chosen one
     * @throws ValueException when none fits, or two fit equally well
     */
    public int select(List<Signature> candidates) {
        List<Integer> fitting = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).takes(positional.length, names)) {
                fitting.add(i);
            }
        }
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        int best = -1;
        long least = Long.MAX_VALUE;
        boolean tie = false;
        for (int i : fitting) {
            int widened = widened(candidates.get(i));
            // A method that takes exactly what was given goes before one that fills in defaults.
            long cost =
                    candidates.get(i).isExact(positional.length + names.length)
                            ? widened
                            : widened + (1L << 32);
            if (widened >= 0 && cost <= least) {
                tie = cost == least;
                least = cost;
                best = i;
            }
        }
        if (best < 0 || tie) {
            throw ValueException.arguments(
                    best < 0
                            ? "no overload takes these arguments"
                            : "two overloads take these arguments");
        }
        return best;
    }

    /** How far a method would have to widen the arguments; -1 when one doesn't fit at all. */
    private int widened(Signature signature) {
        int widened = 0;
        try {
            for (int i = 0; i < positional.length; i++) {
                List<Parameter> parameters = signature.parameters();
                Parameter parameter = parameters.get(Math.min(i, parameters.size() - 1));
                boolean rest = parameter.kind() == Parameter.Kind.REST;
                Type type =
                        rest ? Types.raw(parameter.type()).getComponentType() : parameter.type();
                widened +=
                        distance(
                                        positional[i],
                                        type,
                                        rest ? Types.decoder(type) : parameter.decoder)
                                + (rest ? 1 : 0);
            }
            for (int i = 0; i < named.length; i++) {
                Parameter parameter = signature.parameters().get(signature.find(names[i]));
                widened += distance(named[i], parameter.type(), parameter.decoder);
            }
            return widened;
        } catch (ValueException e) {
            return -1;
        }
    }

    private int distance(int position, Type type, Decoder decoder) {
        decode(position, decoder);
        reader.seek(position, 2);
        return Fit.distance(reader, type);
    }

    /**
     * Decodes all of them for a method.
     *
     * @param signature the method
     * @return one value for each parameter
     * @throws ValueException when they don't fit
     */
    public Object[] decode(Signature signature) {
        return Codec.decodeArguments(body, signature);
    }
}
