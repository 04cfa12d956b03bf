package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;

/** Items whose bytes cross beside them, with small ones in between. */
@Timeout(60)
class LargeItemsTest {
    private static final int[] SIZES = {10, 100_000, 5_000, 1 << 20, 65_536, 10, 65_535, 300_000};
    private static final int ITEMS = 200;

    record Block(int number, List<byte[]> pieces) {}

    private static int size(int number) {
        return SIZES[number % SIZES.length];
    }

    private static byte[] fill(byte[] out, int number) {
        Arrays.fill(out, (byte) number);
        return out;
    }

    /** Sends arrays that are used again for the next item. */
    public static final class Blocks {
        private final byte[][] reused = new byte[SIZES.length][];

        private synchronized byte[] next(int number) {
            int at = number % SIZES.length;
            if (reused[at] == null) {
                reused[at] = new byte[SIZES[at]];
            }
            return fill(reused[at], number);
        }

        public Iterator<byte[]> pulled(int end) {
            return new Iterator<>() {
                private int number;

                @Override
                public boolean hasNext() {
                    return number < end;
                }

                @Override
                public byte[] next() {
                    return Blocks.this.next(number++);
                }
            };
        }

        /** Publishes what it is asked for at once, however little room there is. */
        public Flow.Publisher<byte[]> pushed(int end) {
            return subscriber ->
                    subscriber.onSubscribe(
                            new Flow.Subscription() {
                                private int number;

                                @Override
                                public void request(long wanted) {
                                    for (long i = 0; i < wanted && number < end; i++) {
                                        subscriber.onNext(next(number++));
                                        if (number == end) {
                                            subscriber.onComplete();
                                        }
                                    }
                                }

                                @Override
                                public void cancel() {
                                    number = end;
                                }
                            });
        }

        public Iterator<Block> records(int end) {
            List<Block> all = new ArrayList<>();
            for (int i = 0; i < end; i++) {
                byte[] one = fill(new byte[size(i)], i);
                all.add(new Block(i, List.of(one, new byte[0], one)));
            }
            return all.iterator();
        }
    }

    interface BlocksApi {
        RemoteStream<byte[]> pulled(int end);

        RemoteStream<byte[]> pushed(int end);

        RemoteStream<Block> records(int end);
    }

    interface ViewsApi {
        RemoteStream<ByteBuffer> pulled(int end);
    }

    private static Node server;
    private static Node client;

    @BeforeAll
    static void join() {
        NodeConfig config = NodeTest.config();
        server =
                Node.join(App.named("blocks").serve("blocks", new Blocks()), config.name("server"));
        client = Node.join(config.name("client"));
        client.waitFor("blocks", Duration.ofSeconds(10));
    }

    @AfterAll
    static void close() {
        client.close();
        server.close(Duration.ZERO);
    }

    private static <T> T api(boolean overLink, Class<T> type) {
        return (overLink ? client : server).client("blocks", type);
    }

    private static void check(RemoteStream<byte[]> stream) {
        int number = 0;
        try (stream) {
            for (byte[] item : stream) {
                assertEquals(size(number), item.length);
                for (byte value : item) {
                    if (value != (byte) number) {
                        throw new AssertionError("item " + number + " holds " + value);
                    }
                }
                number++;
            }
        }
        assertEquals(ITEMS, number);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anIteratorMayFillTheSameArrayAgain(boolean overLink) {
        check(api(overLink, BlocksApi.class).pulled(ITEMS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void soMayAPublisherWhoseItemsWait(boolean overLink) throws Exception {
        RemoteStream<byte[]> stream = api(overLink, BlocksApi.class).pushed(ITEMS);
        // Until nothing more has room.
        TimeUnit.MILLISECONDS.sleep(200);
        check(stream);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void recordsWithLargeFields(boolean overLink) {
        int number = 0;
        try (RemoteStream<Block> stream = api(overLink, BlocksApi.class).records(40)) {
            for (Block block : stream) {
                byte[] expected = fill(new byte[size(number)], number);
                assertEquals(number, block.number());
                assertTrue(Arrays.equals(expected, block.pieces().get(0)));
                assertEquals(0, block.pieces().get(1).length);
                assertTrue(Arrays.equals(expected, block.pieces().get(2)));
                number++;
            }
        }
        assertEquals(40, number);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void viewsOutliveTheItemsAfterThem(boolean overLink) {
        List<ByteBuffer> views = new ArrayList<>();
        try (RemoteStream<ByteBuffer> stream = api(overLink, ViewsApi.class).pulled(ITEMS)) {
            for (ByteBuffer view : stream) {
                views.add(view);
            }
        }
        assertEquals(ITEMS, views.size());
        for (int i = 0; i < ITEMS; i++) {
            ByteBuffer expected = ByteBuffer.wrap(fill(new byte[size(i)], i));
            assertEquals(expected, views.get(i), "view " + i);
            assertEquals(size(i) >= 65_536, views.get(i).isDirect(), "view " + i);
        }
    }
}
