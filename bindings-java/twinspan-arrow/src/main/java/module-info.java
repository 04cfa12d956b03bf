/** Arrow tables as arguments and results. */
module io.twinspan.arrow {
    requires io.twinspan;
    requires org.apache.arrow.format;
    requires org.apache.arrow.memory.core;
    requires org.apache.arrow.vector;

    provides io.twinspan.internal.codec.Extension with
            io.twinspan.arrow.ArrowTables;
}
