package io.twinspan.jackson;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;

import io.twinspan.App;
import io.twinspan.MisuseException;
import io.twinspan.Nullable;
import io.twinspan.TypeRef;
import io.twinspan.WireType;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.DeclaredRecords;
import io.twinspan.internal.codec.Grammar;
import io.twinspan.internal.codec.ValueException;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.annotation.JsonNaming;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a service says of classes with annotations is what crosses. */
class DescribedTest {
    record Order(
            @JsonProperty("order_no") String id,
            @JsonAlias({"qty", "count"}) int quantity,
            @JsonIgnore String secret,
            @Nullable String note,
            Optional<String> tag,
            List<Line> lines,
            @Nullable Order before) {}

    record Line(@JsonProperty("item") Level level, Plain plain) {}

    @WireType("described.Plain")
    record Plain(Sku sku) {}

    enum Level {
        @JsonProperty("low")
        LOW,
        @JsonProperty("high")
        HIGH
    }

    record Sku(@JsonValue String text) {}

    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonIgnoreProperties("hidden")
    static class Bean {
        private String firstName = "none";
        private int visitCount = 3;
        private String hidden;
        private Instant onlyRead = Instant.EPOCH;

        public String getFirstName() {
            return firstName;
        }

        @JsonProperty(required = true)
        public void setFirstName(String firstName) {
            this.firstName = firstName;
        }

        public int getVisitCount() {
            return visitCount;
        }

        public void setVisitCount(int visitCount) {
            this.visitCount = visitCount;
        }

        public String getHidden() {
            return hidden;
        }

        public void setHidden(String hidden) {
            this.hidden = hidden;
        }

        @JsonProperty(access = JsonProperty.Access.READ_ONLY)
        public Instant getOnlyRead() {
            return onlyRead;
        }
    }

    record Money(BigDecimal amount, String currency) {}

    record Priced(
            String sku,
            @JsonUnwrapped(prefix = "price_") Money price,
            @JsonFormat(pattern = "dd.MM.yyyy") LocalDate day,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant at,
            @JsonFormat(shape = JsonFormat.Shape.NUMBER) Instant ticks) {}

    record Box<T>(@JsonProperty("content") T value) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    interface Animal {}

    record Cat(int lives) implements Animal {}

    record Hidden(@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS) @JsonProperty("o") Object any) {}

    /** Jackson goes on into this one by itself. */
    record Outer(@JsonProperty("h") Hidden hidden) {}

    record Around(List<Map<String, Hidden>> all) {}

    private static String text(Type type) {
        return new Grammar().text(type);
    }

    /** The fields of a class: {@code name: type = default}, with ? behind what may lack. */
    private static List<String> fields(Type type) {
        Grammar grammar = new Grammar();
        String name = grammar.text(type).substring("record ".length());
        List<String> out = new ArrayList<>();
        Map<String, Object> described =
                grammar.types().stream()
                        .filter(one -> one.get("name").equals(name))
                        .findFirst()
                        .orElseThrow();
        for (Object one : (List<?>) described.get("fields")) {
            Map<?, ?> field = (Map<?, ?>) one;
            String kept = field.containsKey("default") ? " = " + field.get("default") : "";
            out.add(
                    field.get("name")
                            + (field.containsKey("optional") ? "?: " : ": ")
                            + field.get("type")
                            + kept);
        }
        return out;
    }

    @Test
    void fieldsAsTheyCross() {
        assertEquals("record Order", text(Order.class));
        assertEquals(
                List.of(
                        "order_no: text",
                        "quantity: int",
                        "note?: text? = null",
                        "tag?: text? = null",
                        "lines: list<record Line>",
                        "before?: record Order? = null"),
                fields(Order.class));
        assertEquals(
                List.of("first_name: text", "visit_count?: int = 3", "only_read?: instant"),
                fields(Bean.class).stream().map(one -> one.replaceAll(" = \"1970.*", "")).toList());
        assertEquals(
                List.of(
                        "sku: text",
                        "price_amount: decimal",
                        "price_currency: text",
                        "day: text",
                        "at: text",
                        "ticks: any"),
                fields(Priced.class));
    }

    @Test
    void whatIsInsideIsDescribedToo() {
        Grammar grammar = new Grammar();
        grammar.text(Order.class);
        List<Map<String, Object>> types = grammar.types();
        assertEquals(
                List.of("Order", "Line", "Level", "Plain"),
                types.stream().map(one -> one.get("name")).toList());
        assertEquals(List.of("low", "high"), types.get(2).get("values"));
        assertEquals("[{name=sku, type=text}]", String.valueOf(types.get(3).get("fields")));
        assertEquals("text", text(Sku.class));
        Type box = new TypeRef<Box<List<Line>>>() {}.type();
        assertEquals("record BoxListLine", text(box));
        assertEquals(List.of("content: list<record Line>"), fields(box));
        // Whose class it is, a text among its fields tells: that is no union of ours.
        assertEquals("any", text(Animal.class));
        assertEquals("any", text(Cat.class));
        assertEquals(
                Set.of("described.Plain"),
                DeclaredRecords.of(List.of(Order.class)).byName().keySet());
    }

    /** Every field that is described crosses, and nothing else does. */
    @Test
    void describedIsWhatCrosses() {
        Money money = new Money(BigDecimal.ONE, "EUR");
        Priced priced = new Priced("a", money, LocalDate.EPOCH, Instant.EPOCH, Instant.EPOCH);
        for (Object value : List.of(new Bean(), priced)) {
            Map<?, ?> sent = (Map<?, ?>) Codec.decode(Codec.encodeValue(value), Object.class);
            List<String> told =
                    fields(value.getClass()).stream().map(one -> one.split("\\??: ")[0]).toList();
            assertEquals(Set.copyOf(told), sent.keySet());
        }
    }

    /** Serves what can't be taken. */
    static class Service {
        public Around around() {
            return new Around(List.of());
        }
    }

    @Test
    void typeInfoOfAPropertyIsRefused() {
        String said =
                assertThrows(MisuseException.class, () -> App.named("a").serve("a", new Service()))
                        .getMessage();
        assertTrue(said.contains("the property `o` of " + Hidden.class.getName()), said);
        assertTrue(said.contains("the service `a`"), said);
        assertThrows(ValueException.class, () -> Codec.encodeValue(new Hidden("x")));
        byte[] payload = Codec.encodeValue(Map.of("o", "x"));
        assertThrows(ValueException.class, () -> Codec.decode(payload, Hidden.class));
        Outer outer = new Outer(new Hidden("x"));
        String sent =
                assertThrows(ValueException.class, () -> Codec.encodeValue(outer)).getMessage();
        assertTrue(sent.contains("has a @JsonTypeInfo"), sent);
        byte[] inside = Codec.encodeValue(Map.of("h", Map.of("o", "x")));
        assertThrows(ValueException.class, () -> Codec.decode(inside, Outer.class));
    }
}
