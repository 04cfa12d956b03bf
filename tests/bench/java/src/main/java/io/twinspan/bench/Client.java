package io.twinspan.bench;

/** Where an order's caller comes from. */
interface Client {
    Caller caller(Order order) throws Exception;
}
