//! Where threads of a language wait and what wakes them: slots, tokens, event rings, doorbells.

mod slot;

pub use slot::{Slot, Waited};
