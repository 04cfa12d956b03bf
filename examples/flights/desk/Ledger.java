package desk;

import io.twinspan.Idempotent;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The service {@code ledger} of the desk that keeps the file. Both desks append through it.
 *
 * <p>The key of a decision is its flight: what is there is not written again, so a call may be
 * repeated, also to a desk that took the ledger over.
 */
public interface Ledger {
    /**
     * Appends decisions. When the answer comes they are on disk.
     *
     * @param decisions one a flight
     * @return how many lines were written
     */
    @Idempotent
    CompletableFuture<Integer> append(List<Decision> decisions);

    /**
     * Answers what is not in the ledger.
     *
     * @param flights their keys
     * @return those that nobody decided yet
     */
    @Idempotent
    CompletableFuture<List<String>> missing(List<String> flights);
}
