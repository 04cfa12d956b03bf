package io.twinspan.internal.codec;

/** The tags of the profile. Those of our own are {@code 0x5457_00xx}. */
final class Tag {
    static final int BIG_POSITIVE = 2;
    static final int BIG_NEGATIVE = 3;
    static final int DECIMAL = 4;
    static final int UUID = 37;
    static final int ND_ARRAY = 40;
    static final int DATE = 100;
    static final int SET = 258;
    static final int INSTANT = 1001;
    static final int DURATION = 1002;
    static final int DATE_TEXT = 1004;
    static final int SHAPES = 0x5457_0001;
    static final int RECORD = 0x5457_0002;
    static final int NAMED = 0x5457_0003;
    static final int OFFSET_DATE_TIME = 0x5457_0010;
    static final int ZONED_DATE_TIME = 0x5457_0011;
    static final int LOCAL_TIME = 0x5457_0012;
    static final int LOCAL_DATE_TIME = 0x5457_0013;
    static final int COMPLEX = 0x5457_0020;
    static final int RANGE = 0x5457_0021;
    static final int REFERENCE = 0x5457_0022;
    static final int STREAM = 0x5457_0030;
    static final int TABLE = 0x5457_0031;

    private Tag() {}

    /** What a tag is called in messages. */
    static String name(long tag) {
        if (TypedArrays.isElement(tag)) {
            return "a typed array";
        }
        return switch ((int) Math.min(tag, Integer.MAX_VALUE)) {
            case BIG_POSITIVE, BIG_NEGATIVE -> "an integer";
            case DECIMAL -> "a decimal";
            case UUID -> "a UUID";
            case ND_ARRAY -> "an array with a shape";
            case DATE, DATE_TEXT -> "a date";
            case SET -> "a set";
            case INSTANT -> "an instant";
            case DURATION -> "a duration";
            case SHAPES -> "a shape table";
            case RECORD -> "a record";
            case NAMED -> "a registered record";
            case OFFSET_DATE_TIME -> "a date-time with an offset";
            case ZONED_DATE_TIME -> "a zoned date-time";
            case LOCAL_TIME -> "a local time";
            case LOCAL_DATE_TIME -> "a local date-time";
            case COMPLEX -> "a complex number";
            case RANGE -> "a range";
            case STREAM -> "a stream";
            case TABLE -> "a table";
            case REFERENCE -> "a reference";
            default -> "a value with the unknown tag " + Long.toUnsignedString(tag);
        };
    }
}
