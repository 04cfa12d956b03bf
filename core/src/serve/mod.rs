//! The provider's side of a call: which handler, whether there is room, and the one answer.

mod inbox;
mod pace;
mod running;
mod table;

pub use inbox::{Limits, Serve};
pub use running::{Caller, Incoming, Origin, Running, invocations, running};
pub use table::{Handler, Table};
