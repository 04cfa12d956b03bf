package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Registered records where no type is declared. */
@Timeout(60)
class UntypedTest {
    @WireType("untyped.Card")
    record Card(String number) {}

    @WireType("untyped.Card")
    record OtherCard(String number) {}

    @WireType("untyped.Coin")
    record Coin(int cents) {}

    @WireType("untyped.Note")
    record Note(int euros) {}

    /** What it is told, and what arrived. */
    static class Desk {
        public Object echo(Object value) {
            return value;
        }

        public String seen(Object value) {
            return value.getClass().getSimpleName();
        }

        public String first(Stream<Object> values) {
            return seen(values.findFirst().orElseThrow());
        }

        public Stream<Object> some() {
            return Stream.of(new Card("1"), new Note(2));
        }

        public Card pay(Card card) {
            return card;
        }

        public Coin change() {
            return new Coin(5);
        }
    }

    interface Face {
        Object echo(Object value);

        CompletableFuture<Object> some();

        String seen(Object value);

        String first(Stream<?> values);
    }

    interface Other extends Face {
        OtherCard pay(OtherCard card);
    }

    interface Twice {
        OtherCard pay(OtherCard card);

        Card echo(Object value);
    }

    @Test
    void theClassArrives() {
        App app = App.named("desk").serve("desk", new Desk());
        try (Node node = Node.join(app, NodeTest.config())) {
            node.waitFor("desk", Duration.ofSeconds(10));
            // Those of the service: the provider has no other node than the caller.
            assertEquals(new Card("1"), node.call("desk.echo", new Card("1")).as(Object.class));
            assertEquals("Card", node.call("desk.seen", new Card("1")).as(String.class));
            assertEquals(
                    List.of(new Card("1"), Map.of("euros", 2L)),
                    node.call("desk.some").as(new TypeRef<RemoteStream<Object>>() {}).stream()
                            .toList());
            assertEquals("LinkedHashMap", node.call("desk.seen", new Note(2)).as(String.class));
            Face face = node.client("desk", Face.class);
            assertEquals(new Coin(5), face.echo(new Coin(5)));
            assertEquals("Card", face.first(Stream.of(new Card("1"))));
            // Its own before those of the node, and by what is made of it as well.
            Other other = node.client("desk", Other.class);
            assertEquals(new OtherCard("1"), other.echo(new Card("1")));
            assertEquals(
                    new OtherCard("1"),
                    Twinspan.options(other, CallOptions.attempts(1)).echo(new Card("1")));
            assertEquals(new Card("1"), face.echo(new OtherCard("1")));
            MisuseException twice =
                    assertThrows(MisuseException.class, () -> node.client("desk", Twice.class));
            assertTrue(
                    twice.getMessage().contains("are both registered as `untyped.Card`"),
                    twice.getMessage());
        }
    }

    @Test
    void anAppNamesWhatNobodyDeclares() {
        App app = App.named("desk").serve("desk", new Desk()).record(Note.class);
        app.record(Note.class).record(OtherCard.class);
        try (Node node = Node.join(app, NodeTest.config())) {
            node.waitFor("desk", Duration.ofSeconds(10));
            assertEquals(new Note(2), node.call("desk.echo", new Note(2)).as(Object.class));
            assertEquals("Note", node.call("desk.seen", new Note(2)).as(String.class));
            // The service has a class of its own.
            assertEquals("Card", node.call("desk.seen", new Card("1")).as(String.class));
            assertEquals(
                    new OtherCard("1"), node.call("desk.echo", new Card("1")).as(Object.class));
        }
        for (Class<?> wrong : List.of(Card.class, Desk.class, String.class, Face.class)) {
            MisuseException refused = assertThrows(MisuseException.class, () -> app.record(wrong));
            assertTrue(refused.getMessage().contains("\n"), refused.getMessage());
        }
    }
}
