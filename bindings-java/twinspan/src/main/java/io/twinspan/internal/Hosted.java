package io.twinspan.internal;

import io.twinspan.Kind;
import io.twinspan.internal.codec.DeclaredRecords;
import io.twinspan.internal.codec.KnownRecords;
import io.twinspan.internal.codec.RecordNames;
import io.twinspan.internal.codec.ValueException;

import java.lang.reflect.Type;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** The methods that a node serves, by their numbers, and the registered classes that it knows. */
public final class Hosted {
    /**
     * A method.
     *
     * @param served runs it
     * @param records the registered classes of its service before those of the node
     */
    record Method(Served served, RecordNames records) {}

    private final List<Method> methods = new CopyOnWriteArrayList<>();
    private final KnownRecords known = new KnownRecords();

    /** The method of a number; null when there is none. */
    Method get(int number) {
        return number < 0 || number >= methods.size() ? null : methods.get(number);
    }

    /** Adds the methods of services; answers how many. */
    int add(List<Offer> offers) {
        int before = methods.size();
        for (Offer offer : offers) {
            RecordNames records = seen(declared("the service `" + offer.name(), offer.types()));
            offer.methods().forEach(method -> methods.add(new Method(method, records)));
        }
        return methods.size() - before;
    }

    /** Takes the newest methods back. */
    void remove(int count) {
        methods.subList(methods.size() - count, methods.size()).clear();
    }

    /** The registered classes that the node knows. */
    RecordNames records() {
        return known;
    }

    /** Adds those that an App names. */
    void name(Map<String, Class<?>> records) {
        try {
            known.name(records);
        } catch (ValueException e) {
            throw refused("the App names two classes of one record", e);
        }
    }

    /** Knows a declaration's classes from now on; answers them, and behind them all others. */
    RecordNames seen(DeclaredRecords declared) {
        known.see(
                declared,
                (other, type) ->
                        Log.warn(
                                "{} and {} are registered under one name. Where no type is"
                                        + " declared, the former arrives; name the one to take in"
                                        + " App.record",
                                other.getName(),
                                type.getName()));
        return declared.within(known);
    }

    /** The registered classes of a contract or a service, whose beginning of a name is given. */
    static DeclaredRecords declared(String what, Collection<? extends Type> types) {
        try {
            return DeclaredRecords.of(types);
        } catch (ValueException e) {
            throw refused(what + "` can't be taken", e);
        }
    }

    /**
     * Adds a class that an App names, and those of its fields or members.
     *
     * @param type the class
     * @param records those that the App named before, by their names
     */
    public static void named(Class<?> type, Map<String, Class<?>> records) {
        DeclaredRecords found = declared("`" + type.getName(), List.of(type));
        if (found.byName().isEmpty()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + type.getName() + "` is no registered record",
                    "Put @WireType(\"...\") above a record, or a class that can be made.");
        }
        KnownRecords both = new KnownRecords();
        try {
            both.name(records);
            both.name(found.byName());
        } catch (ValueException e) {
            throw refused("the App names two classes of one record", e);
        }
        records.putAll(found.byName());
    }

    private static RuntimeException refused(String what, ValueException why) {
        return Raise.error(
                Kind.MISUSE, what + ": " + why.getMessage(), "Change the class that is named.");
    }
}
