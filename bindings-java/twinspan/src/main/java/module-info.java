/** Twinspan: Python and Java programs in one cluster. */
module io.twinspan {
    // For the signals of Twinspan.run.
    requires jdk.unsupported;
    requires static org.slf4j;

    exports io.twinspan;
}
