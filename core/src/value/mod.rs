//! The value profile: CBOR in preferred encoding with the tags of ARCHITECTURE.md, "Payloads".
//!
//! [`check`] validates a payload without building anything. [`Reader`] and [`Writer`] are the primitives on which a language's
//! codec stands; both know nothing of Python or Java.

mod ahead;
mod array;
mod check;
mod fault;
mod half;
mod keys;
mod reader;
mod reference;
mod scalar;
mod shapes;
mod table;
pub mod tag;
mod writer;

pub use ahead::{Content, contents, large_content};
pub use array::{Element, Numbers};
pub use check::{check, deeper, skip, skip_key};
pub use fault::{Fault, Segment};
pub use half::widen;
pub use keys::{KeyKind, SetKind};
pub use reader::{Head, Reader};
pub use reference::{Reference, ReferenceKind};
pub use scalar::{Integer, Moment, Scalar, date_from_text};
pub use shapes::{distinct, fits as shapes_fit, read as read_shapes};
pub use table::{EXPANSION_BASE, MOST_EXPANSION, check_table};
pub use writer::Writer;

/// Most levels that may be open at once: array, map and set open one each, a record two; parts of scalars open none.
pub const MAX_DEPTH: u32 = 64;
/// Levels that one record opens.
pub const RECORD_LEVELS: u32 = 2;
/// Most shapes of one message: each is a class of records, and costs its reader many times its bytes.
pub const MAX_SHAPES: usize = 4096;
/// Most fields of all shapes of one message together.
pub const MAX_FIELDS: usize = 16_384;
/// Longest bignum, in bytes of its magnitude.
pub const MAX_BIGNUM: usize = 4096;
/// Most dimensions of an array of numbers.
pub const MAX_DIMENSIONS: usize = 32;
/// Longest zone id, in bytes.
pub const MAX_ZONE: usize = 64;
/// Longest URI of a reference, in bytes.
pub const MAX_REFERENCE: usize = 1024;
/// Nanoseconds of one day: a local time is below it.
pub const DAY_NANOS: u64 = 86_400_000_000_000;
