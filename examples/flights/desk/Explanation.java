package desk;

import io.twinspan.Nullable;

import java.util.List;

/**
 * Why a flight is likely to be late: a dataclass of the model nodes.
 *
 * @param flight its key
 * @param probability of a long delay
 * @param secondOpinion the probability that the other model node finds; null while there is none
 * @param rule the rule that applied, as the model node read it in the desk's book
 * @param factors the weightiest first
 */
public record Explanation(
        String flight,
        double probability,
        @Nullable Double secondOpinion,
        @Nullable Rule rule,
        List<Factor> factors) {
    /** Refuses an explanation that is not one of this decision. */
    Explanation check(Decision decision) {
        boolean fits =
                flight.equals(decision.flight())
                        && probability == decision.probability()
                        && (secondOpinion == null || secondOpinion == decision.probability())
                        && rule != null
                        && rule.action().equals(decision.action());
        if (!fits) {
            throw new IllegalStateException(this + " does not explain " + decision);
        }
        return this;
    }

    /** In one line, for people. */
    String text() {
        StringBuilder out = new StringBuilder("%s, %.1f %%:".formatted(flight, 100 * probability));
        factors.stream()
                .limit(3)
                .forEach(
                        one ->
                                out.append(
                                        " %s %+.1f".formatted(one.feature(), 100 * one.effect())));
        return out.toString();
    }
}
