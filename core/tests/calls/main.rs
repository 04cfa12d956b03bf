//! Calls between several nodes of one process: what they carry, who gets them, and what a provider takes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod admission;
mod balance;
mod cluster;
mod context;
