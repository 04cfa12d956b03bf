/** Tests of programs that use Twinspan. */
module io.twinspan.test {
    requires transitive io.twinspan;
    requires static transitive org.junit.jupiter.api;

    exports io.twinspan.test;
}
