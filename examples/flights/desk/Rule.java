package desk;

/**
 * Applies to flights from an airport ({@code *}: all) that leave from one hour on and before
 * another.
 *
 * @param action what the desk does
 * @param above the probability of a long delay must be greater
 * @param origin the airport
 * @param fromHour the first hour
 * @param toHour the hour after the last
 */
public record Rule(String action, double above, String origin, int fromHour, int toHour) {
    boolean applies(double probability, Flight flight) {
        return probability > above
                && (origin.equals("*") || origin.equals(flight.origin()))
                && fromHour <= flight.hour()
                && flight.hour() < toHour;
    }
}
