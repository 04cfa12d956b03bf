package desk;

import io.twinspan.NdArray;

import java.util.List;

/**
 * Flights that are predicted and written together.
 *
 * @param number over the whole file
 * @param flights in the order of the file
 */
record Batch(int number, List<Flight> flights) {
    /** The features, one row a flight. */
    NdArray rows() {
        int width = flights.get(0).features().length;
        double[] all = new double[flights.size() * width];
        for (int i = 0; i < flights.size(); i++) {
            System.arraycopy(flights.get(i).features(), 0, all, i * width, width);
        }
        return NdArray.of(all, flights.size(), width);
    }
}
