//! What a caller relies on: the types of signatures, whether a service still fits who was written for another state of it, and the
//! file that keeps such a state.

mod change;
mod compare;
mod file;
mod fits;
mod grammar;
mod methods;
mod names;
mod parameters;

pub use change::Change;
pub use compare::compare;
pub use file::ContractFile;
pub use grammar::{Element, Type, Word};
pub use names::alike;

#[cfg(test)]
mod compare_tests;
#[cfg(test)]
mod page_tests;
