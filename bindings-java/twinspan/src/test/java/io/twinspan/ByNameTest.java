package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Arguments that contracts give by name. */
@Timeout(60)
class ByNameTest {
    /** The provider. */
    static class Desk {
        public String quote(
                String sku, @Default("1") int count, @Default("km") String unit, int depth) {
            return sku + count + unit + depth;
        }
    }

    interface Face {
        String quote(
                String sku,
                @ByName int depth,
                @ByName("unit") @Nullable String inUnit,
                @ByName("count") @Nullable Integer many);

        CompletableFuture<String> quote(String sku, @ByName("depth") int depth);

        @Call(name = "quote")
        String wrong(String sku, @ByName("deep") int depth);
    }

    interface Twice {
        String quote(@ByName("a") int one, @ByName("a") int two);
    }

    interface Rest {
        String quote(@ByName("a") int... rest);
    }

    @Test
    void nullIsLeftOut() {
        App app = App.named("desk").serve("desk", new Desk());
        try (Node node = Node.join(app, NodeTest.config())) {
            node.waitFor("desk", Duration.ofSeconds(10));
            Face face = node.client("desk", Face.class);
            assertEquals("a1km7", face.quote("a", 7, null, null));
            assertEquals("a1mi7", face.quote("a", 7, "mi", null));
            assertEquals("a3km7", face.quote("a", 7, null, 3));
            assertEquals("a1km8", face.quote("a", 8).join());
            BadArgumentsException unknown =
                    assertThrows(BadArgumentsException.class, () -> face.wrong("a", 1));
            assertTrue(unknown.getMessage().contains("deep"), unknown.getMessage());
            for (Class<?> refused : new Class<?>[] {Twice.class, Rest.class}) {
                String said =
                        assertThrows(MisuseException.class, () -> node.client("desk", refused))
                                .getMessage();
                assertTrue(said.contains("by no name of its own"), said);
            }
        }
    }
}
