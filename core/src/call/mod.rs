//! The caller's side of a call: deadline, attempts, and the rule for trying again. How a provider is chosen and reached is behind [`Route`].

pub mod balance;

mod context;
mod hedge;
mod method;
mod open;
mod retry;

pub use context::Context;
pub use method::{DEFAULT_TIMEOUT, MOST_TIMEOUT, Method, Options};
pub use open::{Attempt, Brought, Nest, OpenCall, Outcome, Request, Route};
pub use retry::{Decision, adds_load, decide, is_answer};
