//! What an orchestrator asks a process: is it alive, and may it get calls? Plain HTTP on an address of its own, off unless wanted. It tells
//! nothing else, so it needs no certificate.

mod request;
mod server;

pub use server::{Health, Ready};
