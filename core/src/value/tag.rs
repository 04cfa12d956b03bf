//! Tags of the profile. Numbers below `0x5457_0000` are registered with IANA, the rest are ours.

/// Positive bignum.
pub const BIGNUM: u64 = 2;
/// Negative bignum: -1 - n.
pub const NEGATIVE_BIGNUM: u64 = 3;
/// Decimal fraction: [exponent, mantissa].
pub const DECIMAL: u64 = 4;
/// UUID: 16 bytes.
pub const UUID: u64 = 37;
/// Array of numbers with dimensions, row-major.
pub const ND_ARRAY: u64 = 40;
/// Local date: days since 1970-01-01.
pub const DATE: u64 = 100;
/// Set.
pub const SET: u64 = 258;
/// Instant: {1: seconds, -9: nanoseconds}.
pub const INSTANT: u64 = 1001;
/// Duration: {1: seconds, -9: nanoseconds}.
pub const DURATION: u64 = 1002;
/// Local date as text; only read.
pub const DATE_TEXT: u64 = 1004;
/// Shape table: [[[field, …], …], item]; only outermost.
pub const SHAPES: u64 = 0x5457_0001;
/// Record: [shape, value, …].
pub const RECORD: u64 = 0x5457_0002;
/// Record with a registered name: [name, record].
pub const NAMED: u64 = 0x5457_0003;
/// Date-time with a fixed offset: [instant, minutes].
pub const OFFSET: u64 = 0x5457_0010;
/// Zoned date-time: [instant, minutes, zone].
pub const ZONED: u64 = 0x5457_0011;
/// Local time: nanoseconds of the day.
pub const LOCAL_TIME: u64 = 0x5457_0012;
/// Local date-time: [days since 1970-01-01, nanoseconds of the day].
pub const LOCAL_DATE_TIME: u64 = 0x5457_0013;
/// Complex number: [re, im].
pub const COMPLEX: u64 = 0x5457_0020;
/// Range: [start, stop, step].
pub const RANGE: u64 = 0x5457_0021;
/// Reference to a service or a node: its URI.
pub const REFERENCE: u64 = 0x5457_0022;
/// Table: the bytes of one Arrow IPC stream.
pub const TABLE: u64 = 0x5457_0031;
/// The stream among the arguments of a call: null in its place.
pub const STREAM: u64 = 0x5457_0030;
