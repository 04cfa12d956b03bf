/** Twinspan: Python and Java programs in one cluster. */
module io.twinspan {
    // For the signals of Twinspan.run.
    requires jdk.unsupported;
    requires static org.slf4j;
    // For the annotation processor, which runs in javac only.
    requires static java.compiler;

    exports io.twinspan;
}
