//! What two nodes say to each other: the frames of the data plane.

mod extensions;
mod frame;

pub use extensions::{Extensions, MAX_EXTENSIONS};
pub use frame::{Frame, FrameKind, Frames, HEADER, MAX_PAYLOAD};
