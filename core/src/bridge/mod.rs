//! The neck: the few functions between the core and a language. ARCHITECTURE.md has the table: who calls what, what may block, who frees what.
//!
//! Each function checks the fork generation before it takes any lock, and turns a panic into an `Internal` error.

mod calls;
mod contracts;
mod guard;
mod look;
mod operations;
mod park;
mod streams;
mod types;

pub use crate::error::{Error, Executed, Failure, Frame, Kind, Result, Retry};
pub use crate::lane::{Event, Given, Invocation, LaneKind};
pub use calls::{context, fail, method, method_free, reply};
pub use contracts::compare;
pub use look::{members, service, services, stats};
pub use operations::{Pending, cancel, post, start, submit};
pub use park::{next, poll};
pub use streams::{stream_answer, stream_close, stream_end, stream_open, stream_send, stream_stats};
pub use types::{Call, Finished, Op, Post};

use crate::lane::Lane;
use guard::guarded;

/// Compared by each binding at import and at class load.
pub const ABI: u32 = 3;

/// The advice of a kind, by its number.
pub fn explain_error(kind: u16) -> &'static str {
    Kind::from_number(kind).advice()
}

/// Opens a lane; its handle is also the high 16 bits of its tokens.
pub fn lane_open(kind: LaneKind) -> Result<u64> {
    guarded(|| Ok(Lane::open(kind)?.handle()))
}

/// The doorbell's descriptor, readable while the lane holds events. The core keeps it.
pub fn lane_fd(lane: u64) -> Result<i32> {
    guarded(|| Ok(Lane::find(lane)?.bell()))
}

/// Closes a lane: its threads end, its operations are cancelled, late answers are dropped and counted.
pub fn lane_close(lane: u64) -> Result<()> {
    guarded(|| {
        let lane = Lane::find(lane)?;
        lane.close();
        lane.abandoned().iter().for_each(|invocation| calls::abandon(invocation.call));
        Ok(())
    })
}
