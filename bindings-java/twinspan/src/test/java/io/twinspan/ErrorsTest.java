package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

@Timeout(30)
class ErrorsTest {
    @WireError("shop.FraudRejected")
    static final class FraudRejected extends Exception {
        private static final long serialVersionUID = 1L;

        final String order;
        final double score;

        FraudRejected(String message, String order, double score) {
            super(message);
            this.order = order;
            this.score = score;
        }
    }

    /** An exception whose text is no text. */
    static final class Odd extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int way;

        Odd(int way) {
            this.way = way;
        }

        @Override
        public String getMessage() {
            return switch (way) {
                case 0 -> "half \ud83d a character";
                case 1 -> "x".repeat(1 << 20);
                default -> throw new IllegalStateException("no text");
            };
        }
    }

    /** What the provider raises. */
    public static final class Faulty {
        public int check(String order) throws Exception {
            throw new FraudRejected("rejected " + order, order, 0.9);
        }

        public int read() throws IOException {
            throw new java.nio.file.NoSuchFileException("a.txt");
        }

        public int parse(String text) {
            return Integer.parseInt(text);
        }

        public int chain() {
            IllegalStateException outer =
                    new IllegalStateException("outer", new IOException("inner"));
            outer.addSuppressed(new ArithmeticException("side"));
            throw outer;
        }

        public int relayed() {
            return node.call("faulty.chain").as(Integer.class);
        }

        public int deep() {
            return deep() + 1;
        }

        public int odd(int way) {
            throw new Odd(way);
        }

        public int heap() {
            throw new OutOfMemoryError("pretended");
        }

        public CompletableFuture<Integer> later() {
            return CompletableFuture.supplyAsync(
                    () -> {
                        throw new IllegalArgumentException("late");
                    });
        }

        public Object unsendable() {
            return new Thread();
        }

        public double distance(double fromLatitude, double toLatitude) {
            return toLatitude - fromLatitude;
        }

        public int fine() {
            return 7;
        }
    }

    interface Checks {
        int check(String order) throws FraudRejected;

        int read() throws IOException;

        int parse(String text) throws NumberFormatException;

        int chain();

        int deep();

        int heap();

        CompletableFuture<Integer> later();

        int fine();

        int missing();
    }

    interface Undeclared {
        int check(String order);

        CompletableFuture<Integer> parse(String text) throws IllegalArgumentException;

        int read() throws Exception;
    }

    static Node node;
    static Checks checks;

    @BeforeAll
    static void join() {
        node = Node.join(App.named("faulty").serve("faulty", new Faulty()), NodeTest.config());
        node.waitFor("faulty", Duration.ofSeconds(5));
        checks = node.client("faulty", Checks.class);
    }

    @AfterAll
    static void close() {
        node.close();
    }

    @Test
    void declaredExceptionsComeAsThemselves() {
        FraudRejected rejected = assertThrows(FraudRejected.class, () -> checks.check("o-1"));
        assertEquals("rejected o-1", rejected.getMessage());
        assertEquals("o-1", rejected.order);
        assertEquals(0.9, rejected.score);
        RemoteCallException cause =
                assertInstanceOf(RemoteCallException.class, rejected.getCause());
        assertEquals("shop.FraudRejected", cause.type());
        assertEquals(0.9, cause.details().get("score"));
        // The user's line comes first, not the library's.
        assertEquals(ErrorsTest.class.getName(), rejected.getStackTrace()[0].getClassName());

        assertThrows(IOException.class, () -> checks.read());
        assertThrows(NumberFormatException.class, () -> checks.parse("x"));
    }

    @Test
    void othersComeAsRemoteCallException() {
        Undeclared undeclared = node.client("faulty", Undeclared.class);
        RemoteCallException e =
                assertThrows(RemoteCallException.class, () -> undeclared.check("o-2"));
        assertEquals(Kind.REMOTE, e.kind());
        assertEquals(Executed.YES, e.executed());
        assertEquals(node.name(), e.node());
        assertEquals("java", e.language());
        assertTrue(e.is("shop.FraudRejected"));
        assertTrue(e.is(FraudRejected.class));
        assertEquals("o-2", e.as(FraudRejected.class).orElseThrow().order);
        assertEquals(2, e.getMessage().split("\n").length, e.getMessage());
    }

    @Test
    void aContractThatThrowsExceptionGetsTheRemoteErrorItself() {
        Undeclared undeclared = node.client("faulty", Undeclared.class);
        // It is an Exception already: a bare copy would hide its type and its frames.
        assertTrue(assertThrows(RemoteCallException.class, undeclared::read).is(IOException.class));
    }

    @Test
    void anExceptionWithoutAProperTextStillTellsWhereItCameFrom() {
        for (int way = 0; way < 3; way++) {
            int which = way;
            RemoteCallException e =
                    assertThrows(
                            RemoteCallException.class,
                            () -> node.call("faulty.odd", which).as(Integer.class));
            assertEquals(Odd.class.getName(), e.type());
            assertEquals("odd", e.getStackTrace()[0].getMethodName());
            assertTrue(e.remoteMessage().length() <= (16 << 10) + 1, "cut");
            assertFalse(e.remoteMessage().isEmpty());
        }
    }

    @Test
    void framesOfPythonAreLinesOfAStackTrace() {
        assertEquals(
                "at shop.work.Work.value(work.py:101)",
                line("/srv/shop/work.py", 101, "shop.work.Work.value"));
        assertEquals("at fraud.score(fraud.py:42)", line("/srv/fraud.py", 42, "__main__.score"));
        assertEquals("at fraud.score(fraud.py:42)", line("fraud.py", 42, "score"));
        assertEquals(
                "at shop.Pricing.quote(Pricing.java:7)",
                line("Pricing.java", 7, "shop.Pricing.quote"));
        assertEquals("at <remote>.f(Unknown Source)", line("", 0, "f"));
    }

    private static String line(String file, int line, String function) {
        java.util.Map<String, Object> frame =
                java.util.Map.of("file", file, "line", (long) line, "function", function);
        return "at "
                + io.twinspan.internal.Trace.join(
                        java.util.List.of(frame), new StackTraceElement[0])[0];
    }

    @Test
    void suppressedFailuresAreToldOnce() {
        RemoteCallException e =
                assertThrows(
                        RemoteCallException.class,
                        () -> node.call("faulty.relayed").as(Integer.class));
        assertEquals(0, e.getSuppressed().length);
        assertEquals(1, e.getCause().getSuppressed().length);
    }

    @Test
    void remoteFramesStandInTheStackTrace() {
        RemoteCallException e = assertThrows(RemoteCallException.class, () -> checks.chain());
        StackTraceElement first = e.getStackTrace()[0];
        assertEquals(
                Faulty.class.getName() + ".chain",
                first.getClassName() + "." + first.getMethodName());
        assertEquals("ErrorsTest.java", first.getFileName());
        assertTrue(
                Arrays.stream(e.getStackTrace())
                        .noneMatch(
                                frame -> frame.getClassName().startsWith("io.twinspan.internal")),
                "our frames");
        assertTrue(
                Arrays.stream(e.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().contains("remoteFrames")),
                "the caller's frames");
        assertTrue(e.is("java.lang.IllegalStateException"));
        assertTrue(e.is("builtins.RuntimeError"));
        assertEquals(
                "inner", assertInstanceOf(RemoteCallException.class, e.getCause()).remoteMessage());
        assertTrue(
                ((RemoteCallException) e.getSuppressed()[0]).is("java.lang.ArithmeticException"));
    }

    @Test
    void errorsOfTheHandlerLeaveTheExecutorAlone() {
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    "java.lang.StackOverflowError",
                    assertThrows(RemoteCallException.class, () -> checks.deep()).type());
            assertEquals(
                    "java.lang.OutOfMemoryError",
                    assertThrows(RemoteCallException.class, () -> checks.heap()).type());
            assertEquals(7, checks.fine());
        }
    }

    @Test
    void futuresFailWithTheSameExceptions() {
        ExecutionException late =
                assertThrows(
                        ExecutionException.class, () -> checks.later().get(5, TimeUnit.SECONDS));
        assertTrue(
                assertInstanceOf(RemoteCallException.class, late.getCause())
                        .is("builtins.ValueError"));
        Undeclared undeclared = node.client("faulty", Undeclared.class);
        ExecutionException declared =
                assertThrows(
                        ExecutionException.class,
                        () -> undeclared.parse("x").get(5, TimeUnit.SECONDS));
        assertSame(IllegalArgumentException.class, declared.getCause().getClass());
    }

    @Test
    void wrongArgumentsNameTheNearestParameterAndTheSignature() {
        Args typo = Args.of(1.0).named("toLatitud", 2.0);
        BadArgumentsException e =
                assertThrows(
                        BadArgumentsException.class,
                        () -> node.call("faulty.distance", typo).as(Double.class));
        assertEquals(Executed.NO, e.executed());
        assertTrue(e.getMessage().contains("did you mean"), e.getMessage());
        assertTrue(
                e.getMessage()
                        .contains("distance(fromLatitude: float, toLatitude: float) -> float"),
                e.getMessage());
        String told =
                "call faulty.distance: no parameter `toLatitud`; did you mean `toLatitude`?"
                        + " (provider: node `"
                        + node.name()
                        + "`)\n"
                        + "The signature is distance(fromLatitude: float, toLatitude: float) ->"
                        + " float.";
        assertEquals(told, e.getMessage());
        assertEquals(node.name(), e.node());
        assertThrows(
                BadArgumentsException.class,
                () -> node.call("faulty.distance", 1.0).as(Double.class));
        Args snake = Args.of().named("from_latitude", 1.0).named("to_latitude", 2.5);
        assertEquals(1.5, node.call("faulty.distance", snake).as(Double.class));
    }

    @Test
    void valuesThatCannotCross() {
        UnserializableException sent =
                assertThrows(
                        UnserializableException.class,
                        () -> node.call("faulty.parse", new Thread()).as(Integer.class));
        assertEquals(Executed.NO, sent.executed());
        ExecutionException later =
                assertThrows(
                        ExecutionException.class,
                        () ->
                                node.call("faulty.parse", new Thread())
                                        .async(Integer.class)
                                        .get(5, TimeUnit.SECONDS));
        assertSame(UnserializableException.class, later.getCause().getClass());
        UnserializableException answered =
                assertThrows(
                        UnserializableException.class,
                        () -> node.call("faulty.unsendable").as(Object.class));
        assertEquals(Executed.YES, answered.executed());
        assertEquals(node.name(), answered.node());
        assertEquals(2, answered.getMessage().split("\n").length, answered.getMessage());
        UnserializableException read =
                assertThrows(
                        UnserializableException.class,
                        () -> node.call("faulty.fine").as(String.class));
        assertEquals(Executed.YES, read.executed());
    }

    @Test
    void unknownMethodsAreFoundOut() {
        NotFoundException e = assertThrows(NotFoundException.class, () -> checks.missing());
        assertEquals(Executed.NO, e.executed());
        assertFalse(e.retryable());
    }

    @Test
    void everyKindHasItsException() {
        for (Kind kind : Kind.values()) {
            ErrorParts parts =
                    new ErrorParts(
                            kind, Executed.NO, false, "", "m", "a", "", "", java.util.Map.of());
            TwinspanException made = kind.exception(parts);
            assertEquals(kind, made.kind());
            String expected =
                    kind == Kind.REMOTE ? "RemoteCallException" : kind.wireName() + "Exception";
            assertEquals(expected, made.getClass().getSimpleName());
            assertSame(kind, Kind.of(kind.number()));
        }
        assertSame(Kind.INTERNAL, Kind.of(999));
    }
}
