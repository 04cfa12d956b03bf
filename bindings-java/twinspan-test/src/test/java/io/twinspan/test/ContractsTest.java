package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.twinspan.App;
import io.twinspan.BadConfigException;
import io.twinspan.VersionMismatchException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class ContractsTest {
    private static final String CONTRACT =
            """
            {
              "contract": 1,
              "service": {
                "name": "probe",
                "methods": [
                  {"name": "add", "params": [{"name": "a", "type": "int"}, {"name": "b", "type": "int", "optional": true}], "returns": "int"},
                  {"name": "tenant", "params": [], "returns": "text"}
                ]
              }
            }
            """;

    private final App app = App.named("probe").serve("probe", new Probe());

    @TempDir Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("probe.contract.json"), text);
    }

    @Test
    void aContractThatIsKept() throws IOException {
        Contracts.verify(app, file(CONTRACT));
    }

    @Test
    void aContractThatIsBroken() throws IOException {
        Path file = file(CONTRACT.replace("tenant", "owner"));
        AssertionError broken =
                assertThrows(AssertionError.class, () -> Contracts.verify(app, file));
        assertEquals(
                "the contract probe.contract.json is broken, callers of `probe` rely on it:\n"
                        + "  owner: is gone",
                broken.getMessage());
        AssertionError gone =
                assertThrows(
                        AssertionError.class, () -> Contracts.verify(App.named("other"), file));
        assertEquals(
                "the contract probe.contract.json is broken: the App serves no `probe`",
                gone.getMessage());
    }

    @Test
    void theOrderOfKeysMeansNothing() throws IOException {
        String sorted =
                CONTRACT.replace("\"name\": \"probe\",", "\"doc\": \"\", \"name\": \"probe\",");
        Contracts.verify(app, file(sorted));
    }

    @Test
    void whatIsNoContract() throws IOException {
        Path missing = folder.resolve("none.json");
        assertThrows(BadConfigException.class, () -> Contracts.verify(app, missing));
        Path other = Files.writeString(folder.resolve("x.json"), "[]");
        assertThrows(BadConfigException.class, () -> Contracts.verify(app, other));
        Path broken = file("{");
        assertThrows(BadConfigException.class, () -> Contracts.verify(app, broken));
        Path later = file(CONTRACT.replace("\"contract\": 1", "\"contract\": 9"));
        assertThrows(VersionMismatchException.class, () -> Contracts.verify(app, later));
    }
}
