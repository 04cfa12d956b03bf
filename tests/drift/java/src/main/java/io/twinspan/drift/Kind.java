package io.twinspan.drift;

import io.twinspan.TypeRef;

import net.jqwik.api.Arbitrary;

/**
 * A method of {@link Mirror}, its declared type, and values for it.
 *
 * @param name of the method
 * @param type what the method answers
 * @param values as both languages can hold them
 */
record Kind<T>(String name, TypeRef<T> type, Arbitrary<? extends T> values) {}
