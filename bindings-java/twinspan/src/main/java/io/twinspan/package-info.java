/**
 * Twinspan for Java: Python and Java programs in one cluster. Start with {@link
 * io.twinspan.Node#join}. Everything is non-null unless it is marked {@link io.twinspan.Nullable}.
 */
@NullMarked
package io.twinspan;
