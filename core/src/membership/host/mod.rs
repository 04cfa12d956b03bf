//! This host's cluster: nodes that find each other through a directory, without configuration and without a server.
//!
//! A node lives as long as it holds the lock on its own record; the kernel ends the lock with the process. Pids and silence say
//! nothing: in another pid namespace the owner's pid looks gone, and a stopped process is silent.

mod identity;
mod place;
mod published;
mod record;
mod socket;
mod state;

#[cfg(test)]
mod races;

pub use place::{Place, place};
pub use published::Published;
pub use record::HostRecord;
pub use socket::stale_sockets;
pub use state::HostState;
