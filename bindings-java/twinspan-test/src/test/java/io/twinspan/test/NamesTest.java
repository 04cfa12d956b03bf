package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinspan.App;
import io.twinspan.Fn;
import io.twinspan.Node;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The real nodes of docs/testing.md. */
class NamesTest {
    @RegisterExtension
    static TwinspanExtension twinspan =
            TwinspanExtension.cluster(3)
                    .serving(
                            App.named("names")
                                    .function(
                                            "names.upper",
                                            Fn.of(
                                                    "name",
                                                    String.class,
                                                    String.class,
                                                    String::toUpperCase)));

    @Test
    void threeNodes(Node node) {
        assertEquals(3, node.callAll("names.upper", "ada").as(String.class).size());
    }
}
