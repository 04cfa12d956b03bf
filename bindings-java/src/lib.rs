//! The Java face of the neck: a table of native methods for `io.twinspan.internal.Native`, and nothing else.
//!
//! Encoded values and payloads cross as `byte[]` (large arrays and buffers beside them), ids as `long`; an error is thrown as
//! `NativeException` with its encoded form.
//! Exceptions, futures and proxies are Java's own business.

mod events;
mod gather;
mod given;
mod lent;
mod natives;
mod park;
mod streams;
mod sys;
mod throw;
