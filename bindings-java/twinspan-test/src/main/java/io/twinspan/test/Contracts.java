package io.twinspan.test;

import io.twinspan.App;
import io.twinspan.Kind;
import io.twinspan.internal.Compare;
import io.twinspan.internal.Door;
import io.twinspan.internal.Offer;
import io.twinspan.internal.Raise;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Contract files: what callers of a service rely on, kept beside their tests or its own. */
public final class Contracts {
    private static final Door DOOR = Door.open();
    private static final String SUFFIX = ".contract.json";
    private static final Pattern SERVICE =
            Pattern.compile("\"service\"\\s*:\\s*\\{\\s*\"name\"\\s*:\\s*\"([^\"\\\\]+)\"");

    private Contracts() {}

    /**
     * Holds an App against a contract file, as {@code twinspan contract record SERVICE} writes it.
     *
     * @param app what is served
     * @param file the contract file
     * @throws AssertionError if the service no longer fits those who rely on the contract; it lists
     *     what breaks them
     * @throws io.twinspan.BadConfigException if there is no such file, or it is no contract file
     */
    public static void verify(App app, Path file) {
        byte[] wanted = read(file);
        String service = service(wanted, file);
        Offer offered =
                DOOR.services(app).stream()
                        .filter(offer -> offer.name().equals(service))
                        .findFirst()
                        .orElse(null);
        String broken = "the contract " + file.getFileName() + " is broken";
        if (offered == null) {
            throw new AssertionError(broken + ": the App serves no `" + service + "`");
        }
        List<String> breaking = new ArrayList<>();
        for (Map<String, Object> change : Compare.changes(wanted, offered)) {
            if (Boolean.TRUE.equals(change.get("breaking"))) {
                breaking.add("\n  " + change.get("where") + ": " + change.get("what"));
            }
        }
        if (!breaking.isEmpty()) {
            throw new AssertionError(
                    broken
                            + ", callers of `"
                            + service
                            + "` rely on it:"
                            + String.join("", breaking));
        }
    }

    /**
     * The file begins with the service's name; one whose keys were put in order has it in its own
     * name.
     */
    private static String service(byte[] wanted, Path file) {
        Matcher told = SERVICE.matcher(new String(wanted, StandardCharsets.UTF_8));
        if (told.find()) {
            return told.group(1);
        }
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(SUFFIX)) {
            return name.substring(0, name.length() - SUFFIX.length());
        }
        throw Raise.error(
                Kind.BAD_CONFIG,
                file + " is no contract file",
                "Make it with `twinspan contract record SERVICE`.");
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "the contract file " + file + " can't be read: " + e.getMessage(),
                    "Make it with `twinspan contract record SERVICE`.");
        }
    }
}
