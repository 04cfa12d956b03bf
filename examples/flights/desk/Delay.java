package desk;

import io.twinspan.NdArray;

import java.util.concurrent.CompletableFuture;

/** The service {@code delay} of the model nodes, which are Python (model_node.py). */
public interface Delay {
    /**
     * Predicts.
     *
     * @param rows features, one row a flight
     * @return the probability of a long delay, one a row
     */
    CompletableFuture<double[]> predict(NdArray rows);

    /**
     * Explains.
     *
     * @param flight its key
     * @param row its features
     * @return why it is likely to be late
     */
    CompletableFuture<Explanation> explain(String flight, double[] row);
}
