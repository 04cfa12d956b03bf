package io.twinspan.internal.codec;

import io.twinspan.WireType;

import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The classes that the signatures of one service name, as the {@code types} of the neck. Each has a
 * name of its own: the simple name of its class, with a number behind it where another class has
 * that. All together they take at most {@link #LARGEST} bytes of text.
 */
final class Definitions {
    static final int LARGEST = 64 << 10;

    /** What the keys of a definition cost beside their texts. */
    private static final int KEYS = 16;

    private static final Pattern KIND = Pattern.compile("\\b(record|enum|union) ");
    private static final Pattern WORD = Pattern.compile("\\w+");

    private final Grammar grammar;
    private final Map<Object, String> said = new HashMap<>();
    private final Map<String, Map<String, Object>> defined = new LinkedHashMap<>();

    /** Records whose fields are still to be described: a class may contain itself. */
    private final Deque<Runnable> pending = new ArrayDeque<>();

    private int left = LARGEST;

    Definitions(Grammar grammar) {
        this.grammar = grammar;
    }

    List<Map<String, Object>> all() {
        while (!pending.isEmpty()) {
            pending.remove().run();
        }
        return new ArrayList<>(defined.values());
    }

    String ofEnum(Class<?> type) {
        return ofEnum(
                type,
                Arrays.stream(type.getEnumConstants()).map(one -> ((Enum<?>) one).name()).toList());
    }

    String ofEnum(Class<?> type, List<String> values) {
        int cost = values.stream().mapToInt(value -> size(value) + 1).sum();
        return named(type, type, type.getSimpleName(), "enum", cost, Map.of("values", values));
    }

    String ofUnion(Class<?> type, List<String> members) {
        int cost = members.stream().mapToInt(member -> size(member) + KEYS).sum();
        return named(type, type, type.getSimpleName(), "union", cost, Map.of("members", members));
    }

    /** {@code texts} describe the arguments that the class's type variables stand for. */
    String ofRecord(Binding binding, Type[] arguments, List<String> texts) {
        Class<?> type = binding.type;
        List<Object> key = new ArrayList<>(texts);
        key.add(type);
        String known = said.get(key);
        if (known != null) {
            return known;
        }
        List<Map<String, Object>> fields =
                undescribed(binding.properties().stream().map(Property::name).toList());
        Map<String, Object> parts = new LinkedHashMap<>();
        WireType registered = type.getAnnotation(WireType.class);
        if (registered != null) {
            parts.put("registered", registered.value());
        }
        parts.put("fields", fields);
        String text = named(key, type, name(type, texts), "record", cost(fields), parts);
        if (!text.equals(Grammar.ANY)) {
            Map<TypeVariable<?>, Type> variables = new HashMap<>();
            for (int i = 0; i < arguments.length; i++) {
                variables.put(type.getTypeParameters()[i], arguments[i]);
            }
            pending.add(() -> describe(binding, fields, variables));
        }
        return text;
    }

    /** A record of an extension; {@code texts} describe the arguments of its class. */
    String ofFields(Class<?> type, List<String> texts, List<Form.Field> form) {
        List<Object> key = new ArrayList<>(texts);
        key.add(type);
        String known = said.get(key);
        if (known != null) {
            return known;
        }
        List<Map<String, Object>> fields =
                undescribed(form.stream().map(Form.Field::name).toList());
        String text =
                named(
                        key,
                        type,
                        name(type, texts),
                        "record",
                        cost(fields),
                        Map.of("fields", fields));
        if (!text.equals(Grammar.ANY)) {
            pending.add(
                    () -> {
                        for (int i = 0; i < fields.size(); i++) {
                            describe(type, form.get(i), fields.get(i));
                        }
                    });
        }
        return text;
    }

    /** Fields whose types are still to be told. */
    private static List<Map<String, Object>> undescribed(List<String> names) {
        List<Map<String, Object>> fields = new ArrayList<>();
        for (String name : names) {
            Map<String, Object> field = new LinkedHashMap<>();
            field.put("name", name);
            field.put("type", Grammar.ANY);
            fields.add(field);
        }
        return fields;
    }

    private static int cost(List<Map<String, Object>> fields) {
        return fields.stream()
                .mapToInt(field -> size((String) field.get("name")) + Grammar.ANY.length() + KEYS)
                .sum();
    }

    /** {@code Page<Order>} is PageOrder; a class whose variables nobody bound keeps its name. */
    private static String name(Class<?> type, List<String> texts) {
        StringBuilder out = new StringBuilder(type.getSimpleName());
        if (!texts.stream().allMatch(Grammar.ANY::equals)) {
            texts.forEach(text -> words(text, out));
        }
        return out.toString();
    }

    /** A type as a part of a name: {@code list<record Order>?} is OptionalListOrder. */
    private static void words(String text, StringBuilder out) {
        out.append(text.endsWith("?") ? "Optional" : "");
        Matcher words = WORD.matcher(KIND.matcher(text).replaceAll(""));
        while (words.find()) {
            String word = words.group();
            out.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
        }
    }

    private String named(
            Object key,
            Class<?> type,
            String wish,
            String kind,
            int cost,
            Map<String, Object> parts) {
        String known = said.get(key);
        if (known != null) {
            return known;
        }
        String name = wish;
        for (int number = 2; defined.containsKey(name); number++) {
            name = wish + number;
        }
        if (!paid(size(name) + KEYS + cost)) {
            return Grammar.ANY;
        }
        Map<String, Object> definition = new LinkedHashMap<>();
        definition.put("name", name);
        definition.put("kind", kind);
        definition.putAll(parts);
        String doc = Docs.of(type).ofClass();
        if (!doc.isEmpty() && paid(size(doc))) {
            definition.put("doc", doc);
        }
        defined.put(name, definition);
        String text = kind + " " + name;
        said.put(key, text);
        return text;
    }

    private void describe(
            Binding binding, List<Map<String, Object>> fields, Map<TypeVariable<?>, Type> types) {
        Object[] initial = binding.initial();
        for (int i = 0; i < fields.size(); i++) {
            Property property = binding.property(i);
            Map<String, Object> field = fields.get(i);
            Object absent = property.required() ? initial[i] : property.absent();
            boolean optional = absent != Property.REQUIRED;
            String text = grammar.text(property.type(), types, 0);
            describe(field, text, optional, absent);
            put(field, "doc", Docs.of(binding.type).ofField(property.name()));
        }
    }

    private void describe(Class<?> type, Form.Field told, Map<String, Object> field) {
        String text = told.type() == null ? Grammar.ANY : grammar.text(told.type());
        describe(
                field,
                told.nullable() ? Grammar.orNull(text) : text,
                told.optional(),
                told.absent());
        put(field, "doc", Docs.of(type).ofField(told.member()));
    }

    private void describe(Map<String, Object> field, String of, boolean optional, Object absent) {
        String text = optional && DefaultJson.isNull(absent) ? Grammar.orNull(of) : of;
        if (paid(size(text) - Grammar.ANY.length())) {
            field.put("type", text);
        }
        if (optional) {
            field.put("optional", true);
            put(field, "default", absent == Form.UNKNOWN ? null : DefaultJson.of(absent, text));
        }
    }

    private void put(Map<String, Object> field, String key, String text) {
        if (text != null && !text.isEmpty() && paid(size(text) + KEYS)) {
            field.put(key, text);
        }
    }

    private static int size(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private boolean paid(int cost) {
        if (cost > left) {
            return false;
        }
        left -= cost;
        return true;
    }
}
