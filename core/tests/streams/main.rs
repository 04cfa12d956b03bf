//! Streams as a language sees them: between two nodes of one process over real links, and within one node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod bed;
mod ends;
mod losses;
mod order;
mod times;
