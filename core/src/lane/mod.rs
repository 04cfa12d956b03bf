//! Where threads of a language wait and what wakes them: slots, tokens, event rings, doorbells.

mod answer;
mod event;
mod handles;
#[allow(clippy::module_inception)]
mod lane;
mod slot;
mod sweep;

pub use answer::{Answer, Cancel, Parked, unheard_streams};
pub use event::{Event, Given, Invocation, Outcome};
pub use handles::Handles;
pub use lane::{Coming, Lane, LaneKind};
pub use slot::{LeadsFor, Slot, Waited};
