package desk;

import io.twinspan.App;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * An operations desk: reads its part of the flights, asks the model nodes for predictions, applies
 * the rules, asks for an explanation of every diverted case, and has the decisions appended to the
 * ledger, which one of the desks keeps and another one takes over.
 *
 * <p>The launcher (run.py) starts two, kills one, and starts it again; a desk goes on with what the
 * ledger lacks. Nothing is written twice, nothing waits without a deadline, and at most {@value
 * #BATCHES} batches with {@value #EXPLANATIONS} explanations are under way at once.
 */
public final class Desk {
    private static final int BATCHES = 4;
    private static final int EXPLANATIONS = 8;

    /** The model nodes train before they join. */
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final String name;
    private final RuleBook book;
    private final Delay delay;
    private final Ledger ledger;
    private final Traffic traffic;
    private final Launcher launcher;
    private final Semaphore batches = new Semaphore(BATCHES);
    private final Semaphore explanations = new Semaphore(EXPLANATIONS);

    /** Fails with the first failure of a batch; never completes otherwise. */
    private final CompletableFuture<Void> failed = new CompletableFuture<>();

    private long explained;
    private long unconfirmed;
    private Explanation strongest;

    private Desk(
            String name,
            RuleBook book,
            Delay delay,
            Ledger ledger,
            Traffic traffic,
            Launcher launcher) {
        this.name = name;
        this.book = book;
        this.delay = delay;
        this.ledger = ledger;
        this.traffic = traffic;
        this.launcher = launcher;
    }

    /**
     * Runs a desk.
     *
     * @param arguments see {@link Options}
     * @throws Exception for the launcher to show
     */
    public static void main(String[] arguments) throws Exception {
        Options options = Options.parse(arguments);
        Launcher launcher = new Launcher();
        Traffic traffic = new Traffic();
        RuleBook book = RuleBook.read(options.rules(), traffic);
        App app = App.named("flights-desk").serve("rules", Rules.class, book);
        NodeConfig config = NodeConfig.cluster(options.cluster()).name(options.name()).local(true);
        try (Keeper keeper = new Keeper(options, traffic, launcher);
                Node node = Node.join(app, config)) {
            Delay delay = node.client("delay", Delay.class);
            node.waitFor("delay", options.models(), PATIENCE);
            node.waitFor("ledger", PATIENCE);
            Ledger ledger = node.client("ledger", Ledger.class);
            launcher.ready();
            launcher.awaitGo();
            Desk desk = new Desk(options.name(), book, delay, ledger, traffic, launcher);
            try (Flights flights =
                    new Flights(
                            options.flights(), options.limit(), options.part(), options.parts())) {
                desk.work(flights);
            }
            launcher.done();
            launcher.awaitEnd();
            desk.report(((Number) node.stats().get("served")).longValue() + keeper.served());
        }
    }

    private void work(Flights flights) throws IOException, InterruptedException, TimeoutException {
        for (Batch batch = flights.next(); batch != null; batch = flights.next()) {
            acquire(batches, 1);
            decide(batch)
                    .whenComplete(
                            (nothing, error) -> {
                                if (error != null) {
                                    failed.completeExceptionally(error);
                                }
                                batches.release();
                            });
        }
        acquire(batches, BATCHES); // Every batch is through.
    }

    /** Waits for room. The first failure of a batch is thrown here. */
    private void acquire(Semaphore room, int permits)
            throws InterruptedException, TimeoutException {
        if (!room.tryAcquire(permits, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException(
                    name + ": no batch was done within " + PATIENCE.toSeconds() + " s");
        }
        if (failed.isDone()) {
            failed.join();
        }
    }

    /** A batch that a predecessor of this desk had written is not decided again. */
    private CompletableFuture<Void> decide(Batch batch) {
        List<String> keys = batch.flights().stream().map(Flight::key).toList();
        return call(() -> ledger.missing(keys))
                .thenCompose(
                        missing ->
                                missing.isEmpty()
                                        ? CompletableFuture.completedFuture(0)
                                        : append(batch))
                .thenAccept(written -> {});
    }

    private CompletableFuture<Integer> append(Batch batch) {
        return call(() -> delay.predict(batch.rows()))
                .thenCompose(probabilities -> explained(batch, decisions(batch, probabilities)))
                .thenCompose(decisions -> call(() -> ledger.append(decisions)));
    }

    /** Times a call, and repeats it while the cluster changes. */
    private <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> call) {
        return Again.call(() -> traffic.timed(call));
    }

    private List<Decision> decisions(Batch batch, double[] probabilities) {
        List<Flight> flights = batch.flights();
        if (probabilities.length != flights.size()) {
            throw new IllegalStateException(
                    probabilities.length + " predictions for " + flights.size() + " flights");
        }
        List<Decision> decisions = new ArrayList<>(flights.size());
        for (int i = 0; i < probabilities.length; i++) {
            Flight flight = flights.get(i);
            decisions.add(
                    new Decision(
                            flight.key(),
                            probabilities[i],
                            book.action(flight, probabilities[i]),
                            name));
        }
        return decisions;
    }

    /** The decisions, once every diverted one is explained. */
    private CompletableFuture<List<Decision>> explained(Batch batch, List<Decision> decisions) {
        List<CompletableFuture<Void>> open = new ArrayList<>();
        for (int i = 0; i < decisions.size(); i++) {
            Decision decision = decisions.get(i);
            if (decision.diverts()) {
                open.add(explain(decision, batch.flights().get(i)));
            }
        }
        return CompletableFuture.allOf(open.toArray(CompletableFuture[]::new))
                .thenApply(nothing -> decisions);
    }

    private CompletableFuture<Void> explain(Decision decision, Flight flight) {
        // Blocks a thread of the node's executor, at most one a batch; answers come on others.
        explanations.acquireUninterruptibly();
        return call(() -> delay.explain(flight.key(), flight.features()))
                .whenComplete((explanation, error) -> explanations.release())
                .thenAccept(explanation -> keep(explanation.check(decision)));
    }

    private synchronized void keep(Explanation explanation) {
        explained++;
        unconfirmed += explanation.secondOpinion() == null ? 1 : 0;
        if (strongest == null || explanation.probability() > strongest.probability()) {
            strongest = explanation;
        }
    }

    private synchronized void report(long served) {
        launcher.stats(
                served, traffic, explained, unconfirmed, strongest == null ? "" : strongest.text());
    }
}
