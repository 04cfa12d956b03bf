package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What docs/testing.md shows of Java is in the tests beside this one, which run. */
class PageTest {
    private static final Pattern BLOCK =
            Pattern.compile("^```java\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    private static String text(String path) throws IOException {
        return Files.readString(Path.of(path));
    }

    @Test
    void examplesAreRun() throws IOException {
        String tests = "src/test/java/io/twinspan/test/";
        String run = text(tests + "ShopTest.java") + text(tests + "NamesTest.java");
        List<String> shown =
                BLOCK.matcher(text("../../docs/testing.md")).results().map(PageTest::code).toList();
        assertEquals(3, shown.size());
        for (String code : shown) {
            assertTrue(run.contains(code), code);
        }
    }

    /** A class goes on behind the last method that the page shows of it. */
    private static String code(MatchResult block) {
        String code = block.group(1).stripTrailing();
        return code.endsWith("\n}") ? code.substring(0, code.length() - 2) : code;
    }
}
