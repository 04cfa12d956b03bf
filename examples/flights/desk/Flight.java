package desk;

/**
 * One scheduled flight.
 *
 * @param key unique over the year
 * @param origin the airport that it leaves
 * @param hour of its scheduled departure
 * @param features what the model sees, as data.py computes it
 */
record Flight(String key, String origin, int hour, double[] features) {}
