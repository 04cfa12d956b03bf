package desk;

import io.twinspan.App;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a ledger and has the flights appended that the command line names; prints how many it found
 * and how many it wrote. With {@code hold} it prints, and keeps the ledger until it is killed.
 */
final class LedgerTool {
    public static void main(String[] arguments) throws Exception {
        List<Decision> decisions = new ArrayList<>();
        for (String flight : List.of(arguments).subList(3, arguments.length)) {
            decisions.add(new Decision(flight, 0.5, "release", "tool"));
        }
        try (LedgerFile file = LedgerFile.take(Path.of(arguments[0]), new Traffic(), size -> {})) {
            int found = file.size();
            App app = App.named("tool").serve("ledger", Ledger.class, file);
            try (Node node = Node.join(app, NodeConfig.cluster(arguments[1]).local(true))) {
                System.out.println(
                        found + " " + node.client("ledger", Ledger.class).append(decisions).get());
                if (arguments[2].equals("hold")) {
                    Thread.sleep(60_000);
                }
            }
        }
    }
}
