/**
 * Tests of programs that use Twinspan: {@link io.twinspan.test.FakeNode} stands in for a node and
 * meets nobody, {@link io.twinspan.test.TestCluster} joins real nodes under a random name, {@link
 * io.twinspan.test.Contracts} compares an App with a contract file. Everything is non-null unless
 * it is marked {@link io.twinspan.Nullable}.
 */
@NullMarked
package io.twinspan.test;

import io.twinspan.NullMarked;
