package io.twinspan.test;

import io.twinspan.Context;
import io.twinspan.Default;
import io.twinspan.Node;
import io.twinspan.RemoteStream;

import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The service of tests/fakes/behaviours.txt. Python's has the same methods. */
public final class Probe {
    private Node node;

    void on(Node node) {
        this.node = node;
    }

    public int add(int a, @Default("10") int b) {
        return a + b;
    }

    public Object echo(Object value) {
        return value;
    }

    public Object nothing() {
        return null;
    }

    public List<Integer> numbers(int n) {
        return IntStream.range(0, n).boxed().toList();
    }

    public int nested(int a) {
        return node.call("probe.add", a).as(Integer.class);
    }

    public String tenant() {
        return Context.baggage().get("tenant");
    }

    public int reject() {
        throw new IllegalArgumentException("rejected");
    }

    public Object unsendable() {
        return new Thread("never sent");
    }

    public int slow(int ms) throws InterruptedException {
        Thread.sleep(ms);
        return ms;
    }

    public Stream<Integer> count(int n) {
        return IntStream.range(0, n).boxed();
    }

    public Stream<Integer> broken(int n) {
        return IntStream.rangeClosed(0, n)
                .mapToObj(
                        i -> {
                            if (i == n) {
                                throw new IllegalArgumentException("broken");
                            }
                            return i;
                        });
    }

    public int total(RemoteStream<Integer> values) {
        int sum = 0;
        for (int value : values) {
            sum += value;
        }
        return sum;
    }

    public Iterator<Integer> doubled(RemoteStream<Integer> values) {
        return StreamSupport.stream(values.spliterator(), false).map(value -> 2 * value).iterator();
    }
}
