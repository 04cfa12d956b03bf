package desk;

import io.twinspan.Idempotent;

import java.util.List;

/** The service {@code rules}, which both desks serve and the model nodes ask. */
public interface Rules {
    /**
     * Answers the rule book.
     *
     * @return rules in order; the first that applies decides
     */
    @Idempotent
    List<Rule> book();
}
