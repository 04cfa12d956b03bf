package agents;

import io.twinspan.Nullable;
import io.twinspan.WireError;

import java.io.IOException;

/** What the faulty service throws; agents/python/faulty.py has the same classes. */
final class Faults {
    private Faults() {}

    /** Crosses with its fields. */
    @WireError("faulty.Rejected")
    public static final class Rejected extends Exception {
        private static final long serialVersionUID = 1L;
        private final String order;
        private final double score;

        public Rejected(String order, double score) {
            super(order + " scored " + score);
            this.order = order;
            this.score = score;
        }

        public String order() {
            return order;
        }

        public double score() {
            return score;
        }
    }

    /** Has fields, but no name that both sides know. */
    public static final class Plain extends Exception {
        private static final long serialVersionUID = 1L;
        private final String order;

        public Plain(String order) {
            super("plain " + order);
            this.order = order;
        }

        public String order() {
            return order;
        }
    }

    /** Its constructor takes two arguments, and keeps neither under its name. */
    @WireError("faulty.TwoArguments")
    public static final class TwoArguments extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;
        private final long[] bounds;

        public TwoArguments(long low, long high) {
            super("not from " + low + " to " + high);
            bounds = new long[] {low, high};
        }

        public long[] bounds() {
            return bounds.clone();
        }
    }

    /** Has a field that can't cross. */
    @WireError("faulty.Loaded")
    public static final class Loaded extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final Class<?> cargo;

        public Loaded(Class<?> cargo) {
            super("loaded");
            this.cargo = cargo;
        }

        public Class<?> cargo() {
            return cargo;
        }
    }

    /** Has no text. */
    public static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no text");
        }
    }

    /** Asking for its text ends in an error of the virtual machine. */
    public static final class Fatal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            return getMessage() + "";
        }
    }

    /** Everything that is asked of it throws. */
    public static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public Broken(String message) {
            super(message);
        }

        @Override
        @Nullable
        public synchronized Throwable getCause() {
            throw new IllegalStateException("no cause");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("no stack");
        }
    }

    /** Throws while it is encoded. */
    public record Odd(int size) {
        public int size() {
            throw new IllegalArgumentException("not measured");
        }
    }

    /** A checked exception where no signature declares one. */
    static void sneak() {
        Faults.<RuntimeException>cast(new IOException("the disk is gone"));
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> void cast(Throwable thrown) throws X {
        throw (X) thrown;
    }
}
