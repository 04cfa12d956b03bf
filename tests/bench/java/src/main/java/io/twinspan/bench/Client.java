package io.twinspan.bench;

/** Where an order's caller comes from. */
interface Client {
    Caller caller(Order order) throws Exception;

    /** Runs an order; who has more faces than a {@link Caller} runs those itself. */
    default Measured run(Order order, Pace pace) throws Exception {
        return pace.run(caller(order), order);
    }
}
