//! The provider's side of a call: which handler, whether there is room, and the one answer.

mod inbox;
mod limit;
mod pace;
mod queue;
mod running;
mod table;

pub use inbox::{Limits, Serve};
pub use limit::Limit;
pub use running::{Caller, Incoming, Origin, Running, invocations, running};
pub use table::{Handler, Table};
