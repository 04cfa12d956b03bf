/** Twinspan: Python and Java programs in one cluster. */
@SuppressWarnings("module") // The modules that the codec is opened to are built after this one.
module io.twinspan {
    // For the signals of Twinspan.run.
    requires jdk.unsupported;
    requires static org.slf4j;

    exports io.twinspan;
    // The codec is opened to what reads and writes other libraries' classes.
    exports io.twinspan.internal.codec to
            io.twinspan.arrow,
            io.twinspan.jackson;

    uses io.twinspan.internal.codec.Extension;
}
