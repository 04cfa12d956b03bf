//! Twinspan: Python and Java programs in one cluster. This crate is the core; the languages reach it through [`bridge`].
#![warn(missing_docs)]

#[cfg(not(panic = "unwind"))]
compile_error!("Twinspan turns panics into errors: build with panic = \"unwind\"");

pub mod bridge;
pub mod call;
pub mod cli;
pub mod config;
pub mod contract;
pub mod directory;
pub mod env;
pub mod error;
pub mod grpc;
pub mod health;
pub mod lane;
pub mod link;
pub mod membership;
pub mod node;
pub mod security;
pub mod serve;
pub mod stream;
pub mod value;
pub mod wire;
