/** What keeps Javadoc beside class files. Runs in javac, never in a program. */
@NullMarked
package io.twinspan.doc;

import io.twinspan.NullMarked;
