package io.twinspan.internal.codec;

import io.twinspan.WireType;

import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a registered record into the member of a sealed type that has its name. */
final class UnionDecoder implements Decoder {
    private final Class<?> type;
    private final Map<TypeVariable<?>, Type> variables;
    private final Map<String, Class<?>> members = new LinkedHashMap<>();

    /** Those of members that have type variables, by member; the others are shared. */
    private final Map<Class<?>, RecordDecoder> decoders = new HashMap<>();

    UnionDecoder(Class<?> type, Map<TypeVariable<?>, Type> variables) {
        this.type = type;
        this.variables = variables;
        collect(type);
        if (members.isEmpty()) {
            throw ValueException.of(
                    "no member of the sealed " + type.getName() + " has a @WireType");
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

    @Override
    public Object decode(Reader reader) {
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
        RecordDecoder own = decoders.get(member);
        return (own != null ? own : Types.record(member)).record(reader);
    }
}
