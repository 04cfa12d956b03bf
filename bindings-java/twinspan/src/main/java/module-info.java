/** Twinspan: Python and Java programs in one cluster. */
module io.twinspan {
    requires org.slf4j;

    exports io.twinspan;
}
