package io.twinspan.internal.codec;

import io.twinspan.WireType;

import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a record into a member of a sealed type: a registered one into that which has its name, any
 * other into that whose fields are closest.
 */
final class UnionDecoder implements Decoder {
    private final Class<?> type;
    private final Map<TypeVariable<?>, Type> variables;
    private final Map<String, Class<?>> members = new LinkedHashMap<>();

    /** Those that are not registered. */
    private final List<Class<?>> plain = new ArrayList<>();

    /** Those of members that have type variables, by member; the others are shared. */
    private final Map<Class<?>, RecordDecoder> decoders = new HashMap<>();

    UnionDecoder(Class<?> type, Map<TypeVariable<?>, Type> variables) {
        this.type = type;
        this.variables = variables;
        collect(type);
        if (members.isEmpty() && plain.isEmpty()) {
            throw ValueException.of("no member of the sealed " + type.getName() + " is a record");
        }
    }

    private void collect(Class<?> sealed) {
        for (Class<?> member : sealed.getPermittedSubclasses()) {
            WireType name = member.getAnnotation(WireType.class);
            if (name != null) {
                Class<?> other = members.putIfAbsent(name.value(), member);
                if (other != null && other != member) {
                    throw ValueException.of(
                            other.getName()
                                    + " and "
                                    + member.getName()
                                    + " are both registered as "
                                    + Show.name(name.value()));
                }
            }
            boolean unnamed = name == null && isPlain(member);
            if (unnamed && !plain.contains(member)) {
                plain.add(member);
            }
            if (name != null || unnamed) {
                if (member.getTypeParameters().length > 0) {
                    decoders.put(
                            member,
                            new RecordDecoder(
                                    member, Supertypes.ofMember(member, type, variables)));
                }
            }
            if (member.isSealed()) {
                collect(member);
            }
        }
    }

    private static boolean isPlain(Class<?> member) {
        return !Modifier.isAbstract(member.getModifiers())
                && Extensions.of(member) == null
                && Binding.orNull(member) != null;
    }

    @Override
    public Object decode(Reader reader) {
        String[] names = plain.isEmpty() ? null : Untyped.fields(reader);
        if (names != null) {
            return of(closest(names)).decode(reader);
        }
        if (reader.peekTag() != Tag.NAMED) {
            throw reader.mismatch("a registered record of " + type.getSimpleName());
        }
        String name = Untyped.name(reader);
        Class<?> member = members.get(name);
        if (member == null) {
            throw ValueException.of(
                    "the record "
                            + Show.name(name)
                            + " is no member of "
                            + type.getSimpleName()
                            + ", which has "
                            + members.keySet());
        }
        return of(member).record(reader);
    }

    private RecordDecoder of(Class<?> member) {
        RecordDecoder own = decoders.get(member);
        return own != null ? own : Types.record(member);
    }

    private Class<?> closest(String[] names) {
        Class<?> found = null;
        Class<?> other = null;
        int least = Integer.MAX_VALUE;
        for (Class<?> member : plain) {
            int distance = Binding.of(member).distance(names);
            if (distance >= 0 && distance <= least) {
                other = distance == least ? found : null;
                found = member;
                least = distance;
            }
        }
        if (found == null || other != null) {
            throw ValueException.of(
                    "a record of "
                            + Arrays.stream(names).map(Show::name).toList()
                            + (found == null
                                    ? " is no member of " + type.getSimpleName()
                                    : " may be "
                                            + other.getSimpleName()
                                            + " as well as "
                                            + found.getSimpleName()
                                            + "; give them a @WireType"));
        }
        return found;
    }
}
