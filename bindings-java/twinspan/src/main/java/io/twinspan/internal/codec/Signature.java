package io.twinspan.internal.codec;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

/**
 * A method with its parameters, ready to take the arguments of a call. Immutable; make it once per
 * method.
 */
public final class Signature {
    private final List<Parameter> parameters;
    private final Fields fields;
    private final String text;

    /** How many arguments can be given by place, without those of a varargs parameter. */
    private final int places;

    private Signature(String name, List<Parameter> parameters, Type returns) {
        this.parameters = List.copyOf(parameters);
        this.fields = new Fields(parameters.stream().map(parameter -> parameter.property).toList());
        for (int i = 0; i < parameters.size(); i++) {
            for (String old : parameters.get(i).formerNames()) {
                fields.also(old, i);
            }
        }
        this.text = Signatures.describe(name, parameters, returns);
        this.places = parameters.size() - (takesRest() ? 1 : 0);
    }

    /**
     * Reads a method.
     *
     * @param method the method
     * @return its signature
     * @throws ValueException when a parameter's type can't cross; the path is the parameter
     */
    public static Signature of(Method method) {
        List<Parameter> parameters = new ArrayList<>();
        for (java.lang.reflect.Parameter declared : method.getParameters()) {
            parameters.add(Parameter.of(declared));
        }
        return new Signature(method.getName(), parameters, method.getGenericReturnType());
    }

    /**
     * Puts a signature together.
     *
     * @param name the method's name
     * @param parameters its parameters without those that the library fills in
     * @param returns the type of its result
     * @return the signature
     */
    public static Signature of(String name, List<Parameter> parameters, Type returns) {
        return new Signature(name, parameters, returns);
    }

    /**
     * The parameters in their order.
     *
     * @return an unmodifiable list
     */
    public List<Parameter> parameters() {
        return parameters;
    }

    private boolean takesRest() {
        return !parameters.isEmpty()
                && parameters.get(parameters.size() - 1).kind() == Parameter.Kind.REST;
    }

    /** The place of the parameter of this name or alias, or a negative number. */
    int find(String name) {
        return fields.find(name);
    }

    Object[] decode(Reader reader) {
        Object[] values = new Object[parameters.size()];
        boolean[] given = new boolean[values.length];
        try {
            reader.begin();
            Scalars.parts(reader, 2);
            reader.enter(1);
            positional(reader, values, given);
            named(reader, values, given);
            reader.leave(1);
            reader.finish();
        } catch (ValueException e) {
            throw e.kind() == ValueException.Kind.BAD_ARGUMENTS || !e.path().isEmpty()
                    ? e
                    : e.field("arguments");
        }
        StringJoiner missing = new StringJoiner(", ");
        for (int i = 0; i < values.length; i++) {
            if (!given[i] && !parameters.get(i).optional()) {
                missing.add(Show.name(parameters.get(i).label(i)));
            }
        }
        if (missing.length() > 0) {
            throw bad(
                    "missing argument"
                            + (missing.toString().contains("`, `") ? "s " : " ")
                            + missing);
        }
        for (int i = 0; i < values.length; i++) {
            if (!given[i]) {
                Parameter parameter = parameters.get(i);
                values[i] =
                        parameter.kind() == Parameter.Kind.REST
                                ? Array.newInstance(
                                        Types.raw(parameter.type()).getComponentType(), 0)
                                : parameter.property.absent();
            }
        }
        return values;
    }

    private void positional(Reader reader, Object[] values, boolean[] given) {
        int count = reader.arrayLength("a list of positional arguments");
        if (count > places && !takesRest()) {
            throw tooMany(count);
        }
        reader.enter(1);
        for (int i = 0; i < Math.min(count, places); i++) {
            values[i] = value(reader, i);
            given[i] = true;
        }
        if (count > places) {
            values[places] = rest(reader, count);
            given[places] = true;
        }
        reader.leave(1);
    }

    ValueException tooMany(int count) {
        String given = count == 1 ? "1 positional argument" : count + " positional arguments";
        return bad(
                given
                        + ", but "
                        + (places == 0
                                ? "none is taken"
                                : places == 1
                                        ? "at most 1 is taken"
                                        : "at most " + places + " are taken"));
    }

    private Object rest(Reader reader, int count) {
        Parameter last = parameters.get(places);
        Class<?> component = Types.raw(last.type()).getComponentType();
        Decoder decoder = Types.decoder(component);
        List<Object> values = new ArrayList<>();
        for (int i = places; i < count; i++) {
            try {
                values.add(decoder.decode(reader));
            } catch (ValueException e) {
                throw e.index(i - places).field(last.label(places));
            }
        }
        Object rest = Array.newInstance(component, values.size());
        for (int i = 0; i < values.size(); i++) {
            Array.set(rest, i, values.get(i));
        }
        return rest;
    }

    private void named(Reader reader, Object[] values, boolean[] given) {
        int count = reader.mapLength("a map of named arguments");
        reader.enter(1);
        for (int i = 0; i < count; i++) {
            String name = reader.text("the name of an argument");
            int at = fields.find(name);
            if (at < 0) {
                throw unknown(name);
            }
            if (given[at]) {
                throw bad(Show.name(parameters.get(at).name()) + " is given twice");
            }
            values[at] = value(reader, at);
            given[at] = true;
        }
        reader.leave(1);
    }

    private Object value(Reader reader, int at) {
        Parameter parameter = parameters.get(at);
        try {
            return parameter.decoder.decode(reader);
        } catch (ValueException e) {
            throw e.field(parameter.label(at));
        }
    }

    ValueException unknown(String name) {
        List<String> names = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (parameter.name() != null) {
                names.add(parameter.name());
            }
        }
        if (names.isEmpty() && !parameters.isEmpty()) {
            return bad(
                    Show.name(name)
                            + " is given by name, but the names of the parameters are not known"
                            + " (the class was compiled without -parameters)");
        }
        String nearest = Names.nearest(name, names);
        return bad(
                "no parameter "
                        + Show.name(name)
                        + (nearest == null ? "" : "; did you mean " + Show.name(nearest) + "?"));
    }

    private static ValueException bad(String problem) {
        return ValueException.arguments(problem);
    }

    /**
     * Whether a call of this many positional arguments and these names can be meant for this
     * method.
     */
    boolean takes(int positional, String[] names) {
        if (positional > places && !takesRest()) {
            return false;
        }
        boolean[] given = new boolean[parameters.size()];
        Arrays.fill(given, 0, Math.min(positional, given.length), true);
        for (String name : names) {
            int at = fields.find(name);
            if (at < 0 || given[at]) {
                return false;
            }
            given[at] = true;
        }
        for (int i = 0; i < given.length; i++) {
            if (!given[i] && !parameters.get(i).optional()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether some call could be meant for this method and for the other one alike.
     *
     * @param other another method of the same name
     * @return true when no argument tells them apart
     */
    public boolean clashes(Signature other) {
        // Behind the last place of both only varargs remain, and one more argument than that shows
        // all that more would.
        int last = Math.max(places, other.places) + 1;
        for (int count = Math.max(required(), other.required()); count <= last; count++) {
            boolean both = takes(count) && other.takes(count);
            if (both && isExact(count) == other.isExact(count) && isAlike(other, count)) {
                return true;
            }
        }
        return false;
    }

    private boolean takes(int count) {
        return count >= required() && (count <= places || takesRest());
    }

    /** Whether this many arguments are one for each parameter, so that nothing is filled in. */
    boolean isExact(int count) {
        return !takesRest() && count == parameters.size();
    }

    private boolean isAlike(Signature other, int count) {
        for (int i = 0; i < Math.min(count, Math.min(places, other.places)); i++) {
            String ours = Fit.kind(parameters.get(i).type());
            if (!ours.equals(Fit.kind(other.parameters.get(i).type()))) {
                return false;
            }
        }
        return true;
    }

    private int required() {
        return (int) parameters.stream().filter(parameter -> !parameter.optional()).count();
    }

    /** For example {@code quote(sku: text, quantity: int) -> decimal}. */
    @Override
    public String toString() {
        return text;
    }
}
