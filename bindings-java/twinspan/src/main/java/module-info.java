/** Twinspan: Python and Java programs in one cluster. */
// The modules for which internals are open are compiled after this one.
@SuppressWarnings("module")
module io.twinspan {
    // For the signals of Twinspan.run.
    requires jdk.unsupported;
    requires static org.slf4j;
    // For the annotation processor, which runs in javac only.
    requires static java.compiler;

    exports io.twinspan;
    exports io.twinspan.internal to
            io.twinspan.test;
    // The codec is open to what reads and writes other libraries' classes.
    exports io.twinspan.internal.codec to
            io.twinspan.arrow,
            io.twinspan.jackson;

    uses io.twinspan.internal.codec.Extension;
}
