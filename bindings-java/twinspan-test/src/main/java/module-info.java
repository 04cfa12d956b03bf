/** Tests of programs that use Twinspan. */
module io.twinspan.test {
    requires transitive io.twinspan;
    // Whoever registers the extension has it; a program that doesn't needs none.
    requires static org.junit.jupiter.api;

    exports io.twinspan.test;
}
