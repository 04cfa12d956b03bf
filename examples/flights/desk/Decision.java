package desk;

/**
 * What the desk decided on one flight.
 *
 * @param flight its key
 * @param probability of a long delay, as the model said
 * @param action the first rule's that applies
 * @param decidedBy the desk's node
 */
public record Decision(String flight, double probability, String action, String decidedBy) {
    static final String DIVERT = "divert";

    boolean diverts() {
        return action.equals(DIVERT);
    }
}
