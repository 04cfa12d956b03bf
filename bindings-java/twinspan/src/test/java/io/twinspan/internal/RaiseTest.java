package io.twinspan.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

@Timeout(60)
class RaiseTest {
    /** The first error and the first look at the members may come on two threads at once. */
    @Test
    void itsClassesCanBeInitialisedByTwoThreadsAtOnce() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        for (int i = 0; i < 60; i++) {
            try (URLClassLoader loader =
                    new URLClassLoader(
                            urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
                // Loaded before, so that only the initialisers race.
                loader.loadClass("io.twinspan.Errors");
                loader.loadClass("io.twinspan.internal.Raise");
                CyclicBarrier start = new CyclicBarrier(2);
                Thread one = initialise("io.twinspan.Errors", loader, start);
                Thread other = initialise("io.twinspan.internal.Raise", loader, start);
                one.join(5_000);
                other.join(5_000);
                assertFalse(one.isAlive() || other.isAlive(), "round " + i + " hangs");
            }
        }
    }

    private static Thread initialise(String name, ClassLoader loader, CyclicBarrier start) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                start.await();
                                Class.forName(name, true, loader);
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
