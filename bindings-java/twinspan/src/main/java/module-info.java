/** Twinspan: Python and Java programs in one cluster. */
module io.twinspan {
    requires static org.slf4j;

    exports io.twinspan;
}
