package desk;

import io.twinspan.Idempotent;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The service {@code ledger} of the desk that keeps the file. The other desk appends through it.
 */
public interface Ledger {
    /**
     * Appends the decisions of a batch. The number of the batch is its key: appended again it is
     * not written twice, so the call may be repeated.
     *
     * @param batch its number
     * @param decisions one a flight
     * @return how many lines were written: none for a batch that is there
     */
    @Idempotent
    CompletableFuture<Integer> append(int batch, List<Decision> decisions);
}
