package io.twinspan.doc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.internal.codec.Docs;
import io.twinspan.internal.codec.Grammar;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

class JavadocProcessorTest {
    private static final String SOURCE =
            """
            package shop;

            import java.util.List;

            /**
             * What it costs, and {@link java.util.List#of(Object...) more}.
             *
             * <p>Prices &lt; 1 &euro; are {@code List<Free>}; see {@link Order#sku()} and {@link List}.
             *
             * <ul>
             *   <li>one
             *   <li><b>two</b> lines
             * </ul>
             *
             * @since 1
             */
            public interface Pricing {
                /**
                 * Quotes.
                 *
                 * @param order what somebody
                 *     wants
                 * @param counts not told
                 * @param <T> of nothing
                 * @return the price
                 * @throws java.util.NoSuchElementException if nobody has it
                 */
                <T extends Number> T quote(Order order, int[] counts, List<T>[] more);

                String undocumented();

                /**
                 * An order.
                 *
                 * @param sku names it
                 */
                record Order(String sku, int quantity) {}

                /** Looks. */
                enum Color {
                    RED
                }

                /** Old. */
                class Plain {
                    /** What it is called. \\u00e4 = b */
                    String name;

                    /** Not a field of a record. */
                    static int count;
                }
            }
            """;

    @TempDir private Path folder;

    private Class<?> compiled(String... options) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "-d",
                                folder.toString(),
                                "-Xlint:all,-processing",
                                "-Werror",
                                "-processor",
                                JavadocProcessor.class.getName(),
                                "-cp",
                                System.getProperty("java.class.path")));
        all.addAll(List.of(options));
        JavaFileObject source =
                new SimpleJavaFileObject(
                        URI.create("string:///shop/Pricing.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignored) {
                        return SOURCE;
                    }
                };
        assertTrue(
                compiler.getTask(said, null, null, all, null, List.of(source)).call(),
                said::toString);
        assertEquals("", said.toString());
        URL[] here = {folder.toUri().toURL()};
        return Class.forName("shop.Pricing", true, new URLClassLoader(here));
    }

    @Test
    void javadocIsFoundBesideTheClass() throws Exception {
        Class<?> pricing = compiled();
        assertEquals(
                """
                What it costs, and `more`.

                Prices < 1 &euro; are `List<Free>`; see `Order.sku` and `List`.

                - one
                - two lines\
                """,
                Docs.of(pricing).ofClass());
        Map<String, String> methods = new java.util.TreeMap<>();
        for (java.lang.reflect.Method method : pricing.getMethods()) {
            methods.put(method.getName(), Docs.of(pricing).ofMethod(method));
        }
        assertEquals(
                Map.of(
                        "undocumented",
                        "",
                        "quote",
                        """
                        Quotes.

                        Args:
                            order: what somebody wants
                            counts: not told

                        Returns:
                            the price

                        Raises:
                            NoSuchElementException: if nobody has it\
                        """),
                methods);
    }

    @Test
    void fieldsAndEnumsAreDescribed() throws Exception {
        Grammar grammar = new Grammar();
        for (Class<?> type : compiled().getClasses()) {
            grammar.text(type);
        }
        List<String> told = new ArrayList<>();
        for (Map<String, Object> type : grammar.types()) {
            told.add(type.get("name") + ": " + type.get("doc"));
            if (type.get("fields") instanceof List<?> fields) {
                fields.forEach(
                        one ->
                                told.add(
                                        ((Map<?, ?>) one).get("name")
                                                + ": "
                                                + ((Map<?, ?>) one).get("doc")));
            }
        }
        told.sort(null);
        assertEquals(
                List.of(
                        "Color: Looks.",
                        "Order: An order.",
                        "Plain: Old.",
                        "name: What it is called. ä = b",
                        "quantity: null",
                        "sku: names it"),
                told);
    }

    @Test
    void packagesCanBeChosen() throws Exception {
        compiled("-Atwinspan.doc=shops,other");
        assertFalse(Files.exists(folder.resolve(Docs.FOLDER)));
        compiled("-Atwinspan.doc=other, shop");
        assertTrue(Files.exists(folder.resolve(Docs.FOLDER + "shop.Pricing.properties")));
    }

    /** A processor that javac finds by itself breaks builds with -Xlint:all -Werror. */
    @Test
    void nobodyGetsTheProcessorUnasked() {
        assertEquals(
                null,
                JavadocProcessor.class
                        .getClassLoader()
                        .getResource("META-INF/services/javax.annotation.processing.Processor"));
    }
}
