package desk;

/**
 * What one feature of a flight adds to its probability, compared to a typical flight.
 *
 * @param feature its name
 * @param value of this flight
 * @param effect on the probability
 */
public record Factor(String feature, double value, double effect) {}
