package io.twinspan.internal;

/**
 * A method chosen for a call, and its arguments.
 *
 * @param overload which method
 * @param arguments all of its Java arguments, injected ones included
 */
record Bound(Overload overload, Object[] arguments) {}
