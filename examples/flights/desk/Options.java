package desk;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The command line, written by the launcher.
 *
 * @param name of the node
 * @param cluster to join
 * @param flights the CSV file
 * @param limit flights to read
 * @param rules the rule book's file
 * @param part which of the batches this desk takes
 * @param parts how many desks there are
 * @param models how many model nodes to wait for
 * @param ledger the file that one of the desks keeps
 */
record Options(
        String name,
        String cluster,
        Path flights,
        long limit,
        Path rules,
        int part,
        int parts,
        int models,
        Path ledger) {
    static Options parse(String[] arguments) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            given.put(arguments[i], arguments[i + 1]);
        }
        return new Options(
                given.get("--name"),
                given.get("--cluster"),
                Path.of(given.get("--flights")),
                Long.parseLong(given.get("--limit")),
                Path.of(given.get("--rules")),
                Integer.parseInt(given.get("--part")),
                Integer.parseInt(given.get("--parts")),
                Integer.parseInt(given.get("--models")),
                Path.of(given.get("--ledger")));
    }
}
